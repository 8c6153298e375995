package dev.heddle.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return BenchCommand.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }

    @Test
    void aGroupThatIsNotThereIsNamedWithThoseThatAre() {
        assertEquals(2, run("switch", "swich"));
        assertTrue(
                err.toString().startsWith("heddle: there is no group 'swich'. There are placement, switch,"),
                err::toString);
        assertEquals(2, err.toString().lines().count(), err::toString);
    }

    @Test
    void theHelpNamesEveryGroup() {
        assertEquals(0, run("--help"));
        for (Group group : Group.values()) {
            assertTrue(out.toString().contains(group.toString()), out::toString);
        }
    }

    @Test
    void noRoundsAreNoRun() {
        assertEquals(2, run("--rounds", "0", "switch"));
        assertTrue(err.toString().contains("--rounds must be at least 1, not 0"), err::toString);
    }

    @Test
    void aFolderThatIsNoRunIsNotRendered(@TempDir Path folder) throws IOException {
        assertEquals(2, run("--render", folder.toString()));
        Files.writeString(folder.resolve("machine.json"), "{}");
        assertEquals(2, run("--render", folder.toString()));
        String message = "is not the folder of a run: that has machine.json and raw";
        assertEquals(
                2, err.toString().lines().filter(line -> line.contains(message)).count(), err::toString);
    }

    @Test
    void aFolderThatHasSomethingIsLeftAsItIs(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("mine"), "mine");

        assertEquals(2, run("--output", folder.toString(), "affinity"));
        assertTrue(err.toString().contains("is not empty: choose another folder, or remove it"), err::toString);
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void aRunIsRenderedAsItIs(@TempDir Path folder) {
        assertEquals(2, run("--render", folder.toString(), "--quick"));
        assertTrue(err.toString().contains("--render takes a run as it is"), err::toString);
    }

    @Test
    void aRunThatWasCutShortIsNotRendered(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("machine.json"), "{}");
        Path raw = Files.createDirectory(folder.resolve("raw"));
        Files.createFile(raw.resolve("affinity-01-jmh.json"));
        assertEquals(70, run("--render", folder.toString()));
        assertTrue(err.toString().startsWith("heddle: the run was cut short: "), err::toString);
        assertFalse(Files.exists(folder.resolve("report.md")));
    }

    @Test
    void whyTheReportCannotBeWrittenIsSaid(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(70, run("--output", file.toString(), "affinity"));
        assertEquals(
                "heddle: the report cannot be written to '" + file + "': that is a file",
                err.toString().trim());
    }

    @Test
    void aRunIsRenderedElsewhere(@TempDir Path folder) throws IOException {
        Path run = Files.createDirectories(folder.resolve("run"));
        Files.writeString(run.resolve("machine.json"), "{}");
        Files.createDirectory(run.resolve("raw"));

        assertEquals(
                0,
                run(
                        "--render",
                        run.toString(),
                        "--output",
                        folder.resolve("report").toString()));
        assertEquals(folder.resolve("report/report.md") + System.lineSeparator(), out.toString());
        assertTrue(Files.exists(folder.resolve("report/report.md")));
        assertFalse(Files.exists(run.resolve("report.md")));
    }
}
