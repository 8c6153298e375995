package dev.heddle.cli;

import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.CoreManagerBuilder;
import dev.heddle.runtime.Placement;
import dev.heddle.runtime.TaskMode;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code heddle run}: starts tasks on chosen cores and prints on which core each one really ran. */
@Command(
        name = "run",
        description = {
            "Starts tasks round robin over the cores. Each does its work and asks the kernel which CPU it is on after every"
                    + " step; the table says where each task was asked to be and where it was seen. With --any, tasks"
                    + " may run anywhere, and the table says how often each one moved."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:no sample was misplaced",
            "1:a sample was misplaced",
            "2:bad usage",
            "69:this machine or JVM cannot do it",
            "70:a task failed, or the report could not be written"
        },
        footer = {
            "",
            "Examples:",
            "  heddle run",
            "  heddle run --cores 0-1 --tasks 1000 --work mixed --samples 100",
            "  heddle run --cores spread:2",
            "  heddle run --any --tasks 100 --work mixed --schedtrace 100ms",
            "  heddle run --work sleep --compare jdk",
            "  heddle run --format json"
        })
final class RunCommand implements Callable<Integer> {
    /** What to compare with. */
    enum Comparison {
        /** The JDK's own virtual-thread scheduler, which knows no cores. */
        JDK
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--cores",
            paramLabel = "CPUS",
            converter = PlacementConverter.class,
            description = PlacementConverter.HELP)
    private @Nullable Placement cores;

    @Option(
            names = "--any",
            description = "Let each task run on any of the cores, as the scheduler sees fit, instead of one each.")
    private boolean any;

    @Option(
            names = "--schedtrace",
            paramLabel = "TIME",
            converter = Durations.class,
            description = {
                "Print what the scheduler is doing to standard error, a line in each interval: 500us, 100ms or 1s."
            })
    private @Nullable Duration schedtrace;

    @Option(
            names = "--tasks",
            paramLabel = "N",
            defaultValue = "8",
            description = "How many tasks. Default: ${DEFAULT-VALUE}.")
    private int tasks;

    @Option(
            names = "--work",
            paramLabel = "KIND",
            defaultValue = "mixed",
            description =
                    "What a task does before each look: spin, yield, sleep, lock, io or mixed. Default: ${DEFAULT-VALUE}.")
    private Work work = Work.MIXED;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "10",
            description = "How many times each task looks. Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            defaultValue = "auto",
            description =
                    "As what tasks run: virtual or platform (threads), or auto: virtual where the JDK's scheduler hook is"
                            + " open. Default: ${DEFAULT-VALUE}.")
    private TaskMode mode = TaskMode.AUTO;

    @Option(
            names = "--compare",
            paramLabel = "WITH",
            description =
                    "Run the same tasks on another scheduler too, and count its samples off the asked core: jdk, the"
                            + " JDK's own virtual threads.")
    private @Nullable Comparison compare;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "How to print: table, json or csv. Default: ${DEFAULT-VALUE}.")
    private Report.Format format = Report.Format.TABLE;

    @Override
    @SuppressWarnings("try") // the bar paints itself
    public Integer call() throws Exception {
        requirePositive("--tasks", tasks);
        requirePositive("--samples", samples);
        if (schedtrace != null && !schedtrace.isPositive()) {
            throw new ParameterException(spec.commandLine(), "--schedtrace must be more than 0");
        }
        var commandLine = spec.commandLine();
        RunResult result;
        RunResult compared = null;
        try (CoreManager manager = startManager()) {
            Experiment experiment = new Experiment(manager.cores(), tasks, work, samples, any);
            long looks = experiment.looksWanted() * (compare == null ? 1 : 2);
            if (schedtrace != null) {
                manager.schedtrace(schedtrace, line -> {
                    commandLine.getErr().println(line);
                    commandLine.getErr().flush();
                });
            }
            try (ProgressBar bar = new ProgressBar(commandLine.getErr(), experiment::looks, looks)) {
                result = experiment.run(
                        "heddle",
                        manager.mode().name().toLowerCase(Locale.ROOT),
                        (core, name, body) ->
                                (core == TaskRecord.ANY ? manager.anywhere() : manager.on(core)).start(name, body));
                if (compare != null) {
                    compared = experiment.run(
                            "jdk",
                            "virtual",
                            (core, name, body) -> Thread.ofVirtual().name(name).start(body));
                }
            }
        }
        new Report(
                        commandLine.getOut(),
                        commandLine.getErr(),
                        commandLine.getColorScheme().ansi())
                .print(format, result, compared);
        return exitCode(result);
    }

    static int exitCode(RunResult result) {
        return result.misplaced() == 0 ? ExitCode.OK : ExitCode.MISPLACED;
    }

    private CoreManager startManager() {
        CoreManagerBuilder builder = CoreManager.builder().mode(mode);
        if (cores != null) {
            builder.cores(cores);
        }
        try {
            return builder.start();
        } catch (IllegalArgumentException
                | IllegalStateException
                | UnsupportedOperationException
                | IllegalCallerException e) {
            throw new CannotRunException(e);
        }
    }

    private void requirePositive(String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + " must be at least 1, not " + value);
        }
    }
}
