package dev.heddle.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The run that is quoted: complete, and quoted as it is. */
class CommittedRunTest {
    private static final Path ROOT = Path.of("../..");
    private static final Path FOLDER = ROOT.resolve("docs/benchmarks");

    @Test
    void hasMeasuredAllThatIsPromisedOftenEnough() throws IOException {
        RawRun run = RawRun.read(FOLDER);

        assertTrue(run.rounds() >= 3, "rounds: " + run.rounds());
        assertFalse(run.machine().path("quick").booleanValue());
        for (Target target : Target.all()) {
            assertTrue(target.in(run).isKnown(), target.title());
        }
        for (Group group : Group.values()) {
            assertTrue(run.questions().stream().anyMatch(question -> group.has(question.benchmark())), group::toString);
        }
    }

    @Test
    void isQuotedAsItIs() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));

        List<String> rows = MarkdownReport.of(RawRun.read(FOLDER))
                .lines()
                .dropWhile(line -> !line.startsWith("| measured |"))
                .takeWhile(line -> !line.isEmpty())
                .toList();

        assertEquals(Target.all().size() + 3, rows.size()); // two for the head, one for what was misplaced
        for (String row : rows) {
            assertTrue(readme.contains(row), () -> "README does not say: " + row);
        }
    }

    @Test
    void saysNothingOfTheMachinesFolders() throws IOException {
        Pattern folder = Pattern.compile("[\"= ]/[a-z]+/");
        try (Stream<Path> files = Files.walk(FOLDER)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".json")).toList()) {
                assertFalse(folder.matcher(Files.readString(file)).find(), file::toString);
            }
        }
    }
}
