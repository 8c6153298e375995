package dev.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Of machines that the hwloc project recorded, {@code heddle topology} says what hwloc says.
 *
 * <p>Each is a {@code NAME.tar.bz2} with a {@code NAME.expected.json} beside it, in the directory that the system property
 * {@code heddle.machines} names, or else in {@code shared/fixtures/topology} beside the repository. They are not part of
 * the project; without them the test is skipped.
 */
final class HwlocAgreementTest {
    private static final String TAR = ".tar.bz2";
    private static final Set<String> FIELDS =
            Set.of("packages", "numa_nodes", "cores", "l3", "online", "complete", "allowed", "cpu_count");

    private final ObjectMapper mapper = new ObjectMapper();

    private static Path machines() {
        Path beside = Path.of(System.getProperty("heddle.root")).resolve("../shared/fixtures/topology");
        return Path.of(System.getProperty("heddle.machines", beside.toString())).normalize();
    }

    @TestFactory
    Stream<DynamicTest> heddleSaysWhatHwlocSays(@TempDir Path scratch) throws IOException {
        if (!Files.isDirectory(machines())) {
            String skipped = "SKIPPED: no recorded machines to compare with hwloc, for there is no " + machines();
            System.err.println(skipped);
            Assumptions.abort(skipped);
        }
        List<String> names;
        try (Stream<Path> files = Files.list(machines())) {
            names = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(TAR))
                    .map(name -> name.substring(0, name.length() - TAR.length()))
                    .sorted()
                    .toList();
        }
        assertTrue(!names.isEmpty(), () -> "no machine in " + machines());
        return names.stream().map(name -> dynamicTest(name, () -> compare(name, scratch.resolve(name))));
    }

    private void compare(String name, Path scratch) throws IOException {
        JsonNode expected =
                mapper.readTree(machines().resolve(name + ".expected.json").toFile());
        Path root = RecordedMachine.unpack(machines().resolve(name + TAR), scratch);
        CliRun run = CliRun.of("topology", "--sysroot", root.toString(), "--format", "json");
        assertEquals(0, run.exitCode(), run::err);
        JsonNode actual = mapper.readTree(run.out());
        for (String field : FIELDS) {
            assertEquals(expected.get(field), actual.get(field), field);
        }
        assertEquals(kinds(expected), kinds(actual), "kinds");
    }

    /** By CPUs, what is known of the kind: the order of kinds that hwloc does not rank means nothing. */
    private static Map<String, JsonNode> kinds(JsonNode machine) {
        Map<String, JsonNode> kinds = new TreeMap<>();
        List<JsonNode> entries = new ArrayList<>();
        machine.get("kinds").forEach(entries::add);
        entries.forEach(kind -> kinds.put(kind.get("cpus").textValue(), kind.get("infos")));
        return kinds;
    }
}
