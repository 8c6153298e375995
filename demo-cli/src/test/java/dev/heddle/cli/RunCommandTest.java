package dev.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.heddle.affinity.ThreadAffinity;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

final class RunCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int execute(String... arguments) {
        CommandLine commandLine = HeddleCommand.commandLine();
        commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
        return commandLine
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @ParameterizedTest
    @EnumSource(Work.class)
    void everyKindOfWorkStaysInPlace(Work work) {
        int cores = ThreadAffinity.ofProcess().size();
        assertEquals(0, execute("run", "--work", work.name(), "--tasks", "6", "--samples", "7"), err::toString);
        assertTrue(
                out.toString()
                        .endsWith("42 samples on %d core%s, 0 misplaced%n".formatted(cores, cores == 1 ? "" : "s")),
                out::toString);
    }

    @Test
    void theTableHasALineForEachTaskAndEachCore() {
        String cpu = Integer.toString(ThreadAffinity.ofProcess().last());
        assertEquals(0, execute("run", "--cores", cpu, "--tasks", "3", "--samples", "5", "--work", "yield"));
        String table = out.toString();
        for (int task = 0; task < 3; task++) {
            Pattern line = Pattern.compile(
                    "^ +%d +%s  %sx5 +5 +0 +0 +[0-9.]+ ms  task-%d$".formatted(task, cpu, cpu, task),
                    Pattern.MULTILINE);
            assertTrue(line.matcher(table).find(), table);
        }
        assertTrue(
                Pattern.compile("^ +%s +3 +15 +0$".formatted(cpu), Pattern.MULTILINE)
                        .matcher(table)
                        .find(),
                table);
        assertTrue(table.contains("15 samples on 1 core, 0 misplaced"), table);
    }

    @Test
    void theJsonIsOneObjectWithEveryField() throws IOException {
        int cpu = ThreadAffinity.ofProcess().first();
        assertEquals(
                0,
                execute(
                        "run",
                        "--cores",
                        "" + cpu,
                        "--tasks",
                        "1",
                        "--samples",
                        "4",
                        "--work",
                        "spin",
                        "--format",
                        "json",
                        "--mode",
                        "platform"));
        List<String> seen = new ArrayList<>();
        try (JsonParser json = new JsonFactory().createParser(out.toString())) {
            while (json.nextToken() != null) {
                if (json.currentToken().isScalarValue()) {
                    seen.add(json.currentName() + "=" + json.getText());
                }
            }
        }
        String nanos = seen.stream()
                .filter(field -> field.startsWith("nanos="))
                .findFirst()
                .orElseThrow();
        assertEquals(
                List.of(
                        "null=" + cpu,
                        "mode=platform",
                        "task=0",
                        "core=" + cpu,
                        cpu + "=4",
                        "samples=4",
                        "misplaced=0",
                        "moved=0",
                        nanos,
                        "thread=task-0",
                        "samples=4",
                        "misplaced=0",
                        "moved=0"),
                seen);
        assertTrue(Long.parseLong(nanos.substring("nanos=".length())) > 0);
    }

    @Test
    void withAnyTheTableSaysWhereEachTaskWasAndHowOftenItMoved() {
        assertEquals(0, execute("run", "--any", "--tasks", "4", "--samples", "50"), err::toString);
        for (int task = 0; task < 4; task++) {
            Pattern line = Pattern.compile(
                    "^ +%d +any  ([0-9]+x[0-9]+ ?)+ +50 +0 +[0-9]+ +[0-9.]+ ms  task-%d$".formatted(task, task),
                    Pattern.MULTILINE);
            assertTrue(line.matcher(out.toString()).find(), out::toString);
        }
        assertTrue(out.toString().contains("200 samples on "), out::toString);
        assertTrue(out.toString().matches("(?s).*tasks moved [0-9]+ times\\R"), out::toString);
    }

    @Test
    void theSchedulersTraceGoesToStandardErrorLineByLine() {
        assertEquals(
                0,
                execute("run", "--any", "--schedtrace", "1ms", "--work", "sleep", "--samples", "100"),
                err::toString);
        assertTrue(err.toString().lines().count() >= 3, err::toString);
        assertTrue(err.toString().lines().allMatch(line -> line.matches("SCHED [0-9]+ms: cores=.*")), err::toString);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "ms", "-1s", "1h", "0ms"})
    void anIntervalThatIsNoneIsNamed(String interval) {
        assertEquals(2, execute("run", "--schedtrace", interval));
        assertTrue(err.toString().contains("--schedtrace"), err::toString);
    }

    @Test
    void aShortSoakBringsEveryTaskBack() {
        assertEquals(0, execute("soak", "--minutes", "0.05", "--seed", "1"), () -> out + "\n" + err);
        assertTrue(out.toString().startsWith("soak of 0.05 min, seed 1\n"), out::toString);
        assertTrue(
                Pattern.compile("seed 1: ([0-9]+) tasks in, \\1 out; .* 0 broken")
                        .matcher(out.toString())
                        .find(),
                out::toString);
    }

    @Test
    void aSoakOfNoTimeIsBadUsage() {
        assertEquals(2, execute("soak", "--minutes", "0"));
        assertTrue(err.toString().contains("--minutes must be more than 0"), err::toString);
        assertEquals(2, execute("soak", "--minutes", "Infinity"));
        assertTrue(err.toString().contains("less than a million, not Infinity"), err::toString);
    }

    @Test
    void theComparisonRunsTheSameTasksOnTheJdksScheduler() throws IOException {
        assertEquals(0, execute("run", "--tasks", "2", "--samples", "3", "--compare", "jdk", "--format", "json"));
        List<String> fields = new ArrayList<>();
        try (JsonParser json = new JsonFactory().createParser(out.toString())) {
            for (JsonToken token = json.nextToken(); token != null; token = json.nextToken()) {
                if (token == JsonToken.VALUE_STRING && "scheduler".equals(json.currentName())) {
                    fields.add(json.getText());
                } else if (token == JsonToken.VALUE_NUMBER_INT && "samples".equals(json.currentName())) {
                    fields.add(json.getText());
                }
            }
        }
        assertEquals(List.of("3", "3", "6", "jdk", "3", "3", "6"), fields);
    }

    @Test
    void theCsvHasAHeaderAndALineForEachTask() {
        String cpu = Integer.toString(ThreadAffinity.ofProcess().first());
        assertEquals(0, execute("run", "--cores", cpu, "--tasks", "2", "--samples", "3", "--format", "csv"));
        List<String> lines = out.toString().lines().toList();
        assertEquals("scheduler,task,core,seen,samples,misplaced,moved,nanos,thread", lines.getFirst());
        assertEquals(3, lines.size());
        assertTrue(lines.get(2).matches("heddle,1,%s,%s:3,3,0,0,[0-9]+,task-1".formatted(cpu, cpu)), lines.get(2));
        assertTrue(err.toString().contains("6 samples on 1 core, 0 misplaced"), err::toString);
    }

    @Test
    void aCoreThatMayNotBeUsedEndsIn69WithTheAllowedOnesInOneLine() {
        assertEquals(69, execute("run", "--cores", "4000"));
        assertEquals("", out.toString());
        assertEquals(1, err.toString().lines().count(), err::toString);
        assertTrue(err.toString().contains("this process may use " + ThreadAffinity.ofProcess()), err::toString);
    }

    @Test
    void aStackTraceIsPrintedOnlyWhereItIsAskedFor() {
        assertEquals(69, execute("run", "--cores", "4000", "--verbose"));
        assertTrue(err.toString().contains("\tat dev.heddle.runtime"), err::toString);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "run --cores 0,,1   | position 2",
                "run --cores ''     | it is empty",
                "run --tasks 0      | --tasks must be at least 1",
                "run --samples -1   | --samples must be at least 1",
                "run --work dream   | 'dream'",
                "run --mode green   | 'green'",
                "run --tasks many   | 'many'",
                "run --colour       | --colour",
                "weave              | there is no command 'weave', but there are run,",
                "''                 | subcommand is missing",
            })
    void badUsageEndsIn2AndSaysWhatIsWrong(String line, String part) {
        String[] arguments =
                line.isEmpty() ? new String[0] : line.replace("''", "\u0000").split(" ");
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = arguments[i].replace("\u0000", "");
        }
        assertEquals(2, execute(arguments));
        assertTrue(err.toString().contains(part), err::toString);
        assertEquals("", out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--help", "run --help", "version --help", "help", "help run"})
    void helpEndsIn0(String line) {
        assertEquals(0, execute(line.split(" ")));
        assertTrue(out.toString().startsWith("Usage: heddle"), out::toString);
    }

    @Test
    void theHelpShowsExamplesAndTheCompletionKnowsTheOptions() {
        execute("run", "--help");
        assertTrue(out.toString().contains("Examples:"), out::toString);
        assertEquals(0, execute("generate-completion"));
        assertTrue(out.toString().contains("--cores"), out::toString);
    }

    @Test
    void theVersionNamesHeddleJavaAndTheSystem() {
        assertEquals(0, execute("version"));
        List<String> lines = out.toString().lines().toList();
        assertTrue(lines.get(0).startsWith("heddle "), out::toString);
        assertEquals("java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")", lines.get(1));
        assertTrue(lines.get(2).startsWith("Linux"), out::toString);
    }

    @Test
    void aReportThatCannotBeWrittenIsAFailure() {
        Writer full = new Writer() {
            @Override
            public void write(char[] text, int offset, int length) throws IOException {
                throw new IOException("no space left");
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        int code = HeddleCommand.commandLine()
                .setOut(new PrintWriter(full))
                .setErr(new PrintWriter(err))
                .execute("run", "--tasks", "1", "--work", "yield");
        assertEquals(ExitCode.SOFTWARE, code);
        assertTrue(err.toString().contains("could not be written"), err::toString);
    }

    @Test
    void oneStraySampleIsAFailure() throws IOException {
        TaskRecord record = new TaskRecord(0, 3);
        record.look(3);
        record.look(5);
        record.look(3);
        record.finish("task-0", 1_500_000);
        RunResult result = new RunResult("heddle", "virtual", dev.heddle.affinity.CpuSet.of(3), List.of(record));
        assertEquals(1, result.misplaced());
        assertEquals(3, result.samples());
        assertEquals(ExitCode.MISPLACED, RunCommand.exitCode(result));
        new Report(new PrintWriter(out), new PrintWriter(err), Ansi.OFF).print(Report.Format.TABLE, result, null);
        assertTrue(out.toString().contains("3x2 5x1"), out::toString);
        assertTrue(out.toString().contains("3 samples on 1 core, 1 misplaced"), out::toString);
        assertFalse(out.toString().contains("\u001b"));
    }
}
