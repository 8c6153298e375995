package dev.heddle.cli;

import dev.heddle.runtime.Placement;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code heddle soak}: a random mix of everything, for as long as wanted, which stops when an invariant breaks. */
@Command(
        name = "soak",
        description = {
            "Runs a random mix of pinned, preferred and other tasks that start more tasks, sleep, lock, talk over sockets,"
                    + " block in the kernel, compute, throw and are interrupted, while cores come and go. Counts every task"
                    + " in and out, checks what must always be true, and stops with the seed when it is not."
                    + " The warnings of tasks that run for long are of its own tasks, some of which do."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:every task that went in came out, and nothing was broken",
            "1:an invariant was broken",
            "2:bad usage",
            "69:this machine or JVM cannot do it",
            "70:the soak itself failed"
        },
        footer = {"", "Examples:", "  heddle soak --minutes 10", "  heddle soak --minutes 1 --seed 42"})
final class SoakCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "1",
            description = "How long. Default: ${DEFAULT-VALUE}.")
    private double minutes;

    @Option(
            names = "--cores",
            paramLabel = "CPUS",
            converter = PlacementConverter.class,
            description = PlacementConverter.HELP)
    private @Nullable Placement cores;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Where the random choices come from. Default: a new one each time, which is printed.")
    private @Nullable Long seed;

    @Option(
            names = "--schedtrace",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "Print what the scheduler is doing to standard error, a line in each interval.")
    private @Nullable Duration schedtrace;

    @Override
    public Integer call() throws Exception {
        if (!(minutes > 0 && minutes < 1e6)) {
            throw new ParameterException(
                    spec.commandLine(), "--minutes must be more than 0 and less than a million, not " + minutes);
        }
        long chosen = seed == null ? ThreadLocalRandom.current().nextLong(1_000_000_000) : seed;
        var out = spec.commandLine().getOut();
        var messages = spec.commandLine().getErr();
        out.println("soak of " + minutes + " min, seed " + chosen);
        out.flush();
        Soak soak = new Soak(chosen, cores, line -> {
            messages.println(line);
            messages.flush();
        });
        Soak.Result result = soak.run(Duration.ofMillis((long) (minutes * 60_000)), schedtrace);
        result.broken().forEach(each -> messages.println("BROKEN: " + each));
        messages.flush();
        out.println(result.summary());
        if (result.broken().isEmpty()) {
            return ExitCode.OK;
        }
        messages.println("to see it again: heddle soak --minutes " + minutes + " --seed " + chosen);
        return ExitCode.INVARIANT_BROKEN;
    }
}
