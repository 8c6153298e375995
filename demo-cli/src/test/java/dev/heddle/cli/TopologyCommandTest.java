package dev.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/** On machines that {@code heddle topology --record} has recorded in virtual machines. */
final class TopologyCommandTest {
    @TempDir
    private Path root;

    private static String draw(Path machine, Charset charset) throws IOException {
        StringWriter out = new StringWriter();
        PrintWriter printer = new PrintWriter(out);
        new TopologyText(printer, charset, CpuTopology.read(machine)).print();
        printer.flush();
        return out.toString();
    }

    private static JsonNode json(Path machine) throws IOException {
        CliRun run = CliRun.of("topology", "--sysroot", machine.toString(), "--format", "json");
        assertEquals(0, run.exitCode(), run::err);
        assertEquals("", run.err());
        return new ObjectMapper().readTree(run.out());
    }

    @Test
    void twoPackagesOfTwoCoresOfTwoThreads() throws IOException {
        JsonNode machine = json(RecordedMachine.unpackOwn("two-packages", root));
        assertEquals("[\"0-3\",\"4-7\"]", machine.get("packages").toString());
        assertEquals("[\"0-1\",\"2-3\",\"4-5\",\"6-7\"]", machine.get("cores").toString());
        assertEquals(
                "[{\"node\":0,\"cpus\":\"0-3\"},{\"node\":1,\"cpus\":\"4-7\"}]",
                machine.get("numa_nodes").toString());
        assertEquals(
                "{\"0\":{\"0\":10,\"1\":20},\"1\":{\"0\":20,\"1\":10}}",
                machine.get("numa_distances").toString());
        assertEquals("0-7", machine.get("allowed").textValue());
    }

    @Test
    void whatACgroupAndTheKernelsArgumentsTakeAway() throws IOException {
        JsonNode machine = json(RecordedMachine.unpackOwn("isolated-cpuset-quota", root));
        assertEquals("0-4,6-7", machine.get("online").textValue());
        assertEquals("0-7", machine.get("complete").textValue());
        assertEquals("2-4,6-7", machine.get("allowed").textValue());
        assertEquals("6-7", machine.get("isolated").textValue());
        assertEquals("6-7", machine.get("nohz_full").textValue());
        assertEquals("/pod", machine.get("cpuset").get("cgroup").textValue());
        assertEquals(150_000, machine.get("quota").get("quota_us").intValue());
    }

    @Test
    void aMachineWithoutItsFirstCpu() throws IOException {
        JsonNode machine = json(RecordedMachine.unpackOwn("cpu0-offline", root));
        assertEquals("1-3", machine.get("online").textValue());
        assertEquals("0-7", machine.get("complete").textValue());
        assertEquals("[\"1\",\"2\",\"3\"]", machine.get("cores").toString());
    }

    @Test
    void theTreeHasABoxForEachCoreAndMarksWhatIsNotToBeHad() throws IOException {
        assertEquals("""
                machine   7 CPUs, 4 physical cores, 2 packages, 2 NUMA nodes
                offline   5
                allowed   2-4,6-7  (cpuset 2-4,6-7 of cgroup /pod)
                isolated  6-7
                nohz_full 6-7
                quota     1.50 CPUs: 150000 of every 100000 us  (cgroup /pod)

                machine  0-4,6-7
                ├─ package 0, NUMA node 0, L3 0  0-3
                │     ┌──────┐┌──────┐
                │     │ 0x 1x││ 2  3 │
                │     └──────┘└──────┘
                └─ package 1, NUMA node 1, L3 1  4,6-7
                      ┌───┐┌──────┐
                      │ 4 ││ 6* 7*│
                      └───┘└──────┘

                CPUs in one box are SMT siblings  x not allowed  * isolated
                """, draw(RecordedMachine.unpackOwn("isolated-cpuset-quota", root), StandardCharsets.UTF_8));
    }

    @Test
    void aTerminalWithoutLinesGetsOtherOnes() throws IOException {
        String tree = draw(RecordedMachine.unpackOwn("two-packages", root), StandardCharsets.US_ASCII);
        assertTrue(StandardCharsets.US_ASCII.newEncoder().canEncode(tree), tree);
        assertTrue(
                tree.contains("`- package 1, NUMA node 1, L3 1  4-7\n      +------++------+\n      | 4  5 || 6  7 |"),
                tree);
    }

    @Test
    void theDrawingIsXmlWithAFieldForEachCpu() throws Exception {
        Path machine = RecordedMachine.unpackOwn("isolated-cpuset-quota", root);
        CliRun run = CliRun.of("topology", "--sysroot", machine.toString(), "--format", "svg");
        Document drawing = DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(run.out())));
        assertEquals("svg", drawing.getDocumentElement().getTagName());
        int fields = 0;
        for (int i = 0; i < drawing.getElementsByTagName("text").getLength(); i++) {
            var text = drawing.getElementsByTagName("text").item(i);
            fields += text.getAttributes().getNamedItem("class").getNodeValue().startsWith("number") ? 1 : 0;
        }
        assertEquals(7, fields);
    }

    @Test
    void aRecordingOfARecordingIsTheSame() throws IOException {
        Path machine = RecordedMachine.unpackOwn("isolated-cpuset-quota", root.resolve("machine"));
        Path copy = root.resolve("copy.tar.gz");
        CliRun run = CliRun.of("topology", "--sysroot", machine.toString(), "--record", copy.toString());
        assertEquals(0, run.exitCode(), run::err);
        Path again = root.resolve("again.tar.gz");
        CliRun.of("topology", "--sysroot", machine.toString(), "--record", again.toString());
        assertArrayEquals(Files.readAllBytes(copy), Files.readAllBytes(again));
        Path unpacked = RecordedMachine.unpackGzip(Files.newInputStream(copy), root.resolve("unpacked"));
        assertEquals(files(machine), files(unpacked));
        assertEquals(json(machine), json(unpacked));
    }

    private static List<String> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.map(file -> directory.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void whatCannotBeReadIsNamed() throws IOException {
        CliRun nothing = CliRun.of("topology", "--sysroot", root.toString());
        assertEquals(69, nothing.exitCode());
        assertTrue(nothing.err().startsWith("heddle: there is no machine to read below " + root), nothing::err);
        assertEquals(1, nothing.err().lines().count());

        Path machine = RecordedMachine.unpackOwn("two-packages", root.resolve("machine"));
        Files.writeString(machine.resolve("sys/devices/system/cpu/isolated"), "three\n");
        CliRun malformed = CliRun.of("topology", "--sysroot", machine.toString());
        assertEquals(0, malformed.exitCode());
        assertTrue(
                malformed.err().contains("/sys/devices/system/cpu/isolated: malformed CPU set \"three"),
                malformed::err);

        CliRun unwritable = CliRun.of(
                "topology", "--record", root.resolve("no/such/file.tar").toString());
        assertEquals(70, unwritable.exitCode());
        assertTrue(
                unwritable.err().contains("file.tar' cannot be written: there is no such directory"), unwritable::err);
    }
}
