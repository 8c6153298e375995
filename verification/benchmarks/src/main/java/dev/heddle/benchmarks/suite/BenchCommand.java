package dev.heddle.benchmarks.suite;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.heddle.affinity.ThreadAffinity;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code heddle bench}: measures Heddle beside its peers, and writes a report. */
@Command(
        name = "heddle bench",
        description = {
            "Runs the benchmarks, Heddle's and its peers' in the same run, and writes a report: raw JSON, a table in Markdown,"
                    + " charts in SVG, and what the machine is. Go and C are measured too where their compilers are on"
                    + " PATH, and wrk drives the server where it is.",
            "",
            "Groups: placement, switch, spawn, dispatch, blocked, locality, server, handover, affinity. All if none is named."
        },
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the report is written, whatever it says",
            "2:bad usage",
            "70:a benchmark failed, a sample of ours was misplaced, or the report could not be written"
        },
        footer = {
            "",
            "Examples:",
            "  heddle bench --quick",
            "  heddle bench switch spawn",
            "  heddle bench --rounds 5 --output build/bench dispatch",
            "  heddle bench --render docs/benchmarks --output target/report"
        })
public final class BenchCommand implements Callable<Integer> {
    private static final int FULL_ROUNDS = 3;
    private static final int FAILED = 70;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help message and exit.")
    @SuppressWarnings("UnusedVariable") // picocli's
    private boolean helpRequested;

    @Parameters(paramLabel = "GROUP", arity = "0..*", description = "What to run.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--quick",
            description = "Run each benchmark for an instant, once: to see that it works, not to quote.")
    private boolean quick;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description =
                    "How often each benchmark runs, in a process of its own each time. Default: 3, 1 with --quick.")
    private @Nullable Integer rounds;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where the report goes: a folder that is empty or not there yet."
                    + " Default: target/bench/TIME where Heddle's sources are.")
    private @Nullable Path output;

    @Option(
            names = "--render",
            paramLabel = "DIR",
            description =
                    "Run nothing: make the report of what an earlier run has left in that folder, to --output or beside it.")
    private @Nullable Path render;

    private BenchCommand() {}

    /**
     * Runs the command.
     *
     * @param args as {@code --help} says
     */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new BenchCommand())
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println("heddle: " + describe(failure));
                    return FAILED;
                })
                .setParameterExceptionHandler((failure, args) -> {
                    PrintWriter messages = failure.getCommandLine().getErr();
                    messages.println("heddle: " + failure.getMessage());
                    messages.println("Try 'heddle bench --help'.");
                    return CommandLine.ExitCode.USAGE;
                });
    }

    private static String describe(Exception failure) {
        String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        if (failure instanceof RunnerException) {
            return "a benchmark failed: " + message + ". What it printed is in the folder 'log' of the report";
        }
        return message;
    }

    /** The exceptions of files say which file, and leave the rest to their names. */
    private static String reason(IOException failure) {
        if (failure instanceof FileAlreadyExistsException) {
            return "that is a file";
        }
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof NoSuchFileException) {
            return "no folder can be made there";
        }
        return failure instanceof FileSystemException of && of.getReason() != null
                ? of.getReason()
                : String.valueOf(failure.getMessage());
    }

    @Override
    public Integer call() throws Exception {
        List<Group> groups = groups();
        int count = rounds == null ? (quick ? 1 : FULL_ROUNDS) : rounds;
        if (count < 1) {
            throw new ParameterException(spec.commandLine(), "--rounds must be at least 1, not " + count);
        }
        Path root = Path.of(Objects.requireNonNullElse(System.getenv("HEDDLE_ROOT"), "."));
        PrintWriter messages = spec.commandLine().getErr();
        if (render != null && (quick || rounds != null || !names.isEmpty())) {
            throw new ParameterException(
                    spec.commandLine(), "--render takes a run as it is: no group, --quick or --rounds");
        }
        Path source = render;
        Path target = output;
        if (source == null) {
            source = target == null ? newFolder(root) : empty(target);
            target = source;
            ObjectNode machine = Machine.describe(root, quick);
            CpuDistance distance = findDistance(machine);
            new ObjectMapper()
                    .writerWithDefaultPrettyPrinter()
                    .writeValue(source.resolve("machine.json").toFile(), machine);
            new Rounds(root, source, distance, quick, messages).run(groups, count);
        } else if (!Files.isRegularFile(source.resolve("machine.json")) || !Files.isDirectory(source.resolve("raw"))) {
            throw new ParameterException(
                    spec.commandLine(), "'" + source + "' is not the folder of a run: that has machine.json and raw");
        } else if (target != null) {
            target = empty(target);
        }
        report(source, target == null ? source : target);
        return CommandLine.ExitCode.OK;
    }

    /** Looks which distance of the CPUs is the usual one, and writes down what it saw. Returns null if there is one CPU. */
    private @Nullable CpuDistance findDistance(ObjectNode machine) throws InterruptedException {
        if (ThreadAffinity.ofProcess().size() < 2) {
            return null;
        }
        if (!quick) {
            say("a minute to see how far the CPUs are from each other, mostly");
        }
        double[] looks = CpuDistance.look(quick);
        CpuDistance distance = CpuDistance.usualOf(looks);
        if (!quick) {
            say("    " + distance.describe(looks));
        }
        machine.put(RawRun.USUAL_DISTANCE, distance.usual());
        ArrayNode all = machine.putArray("cpuDistanceLooks");
        for (double look : looks) {
            all.add(Math.round(look));
        }
        return distance;
    }

    private void say(String text) {
        PrintWriter messages = spec.commandLine().getErr();
        messages.println(text);
        messages.flush();
    }

    private void report(Path source, Path target) throws IOException {
        RawRun run = RawRun.read(source);
        Files.createDirectories(target);
        Path report = target.resolve("report.md");
        Files.writeString(report, MarkdownReport.of(run));
        Charts.write(run, target.resolve("charts"));
        spec.commandLine().getOut().println(report);
    }

    private List<Group> groups() {
        try {
            return names.isEmpty()
                    ? Arrays.asList(Group.values())
                    : names.stream().map(Group::named).distinct().sorted().toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Path newFolder(Path root) throws IOException {
        String now = LocalDateTime.now(ZoneOffset.UTC).format(DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HHmmss"));
        return empty(root.resolve("target/bench").resolve(now));
    }

    private Path empty(Path folder) throws IOException {
        try {
            Files.createDirectories(folder);
            if (!Files.isWritable(folder)) {
                throw new AccessDeniedException(folder.toString());
            }
            try (var files = Files.list(folder)) {
                if (files.findAny().isPresent()) {
                    throw new ParameterException(
                            spec.commandLine(), "'" + folder + "' is not empty: choose another folder, or remove it");
                }
            }
        } catch (IOException e) {
            throw new IOException("the report cannot be written to '" + folder + "': " + reason(e), e);
        }
        return folder;
    }
}
