package dev.heddle.cli;

import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code heddle} command itself: names the subcommands. */
@Command(
        name = "heddle",
        description = "Virtual threads on the CPU cores their author chose.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionCommand.Version.class,
        subcommands = {
            RunCommand.class,
            TopologyCommand.class,
            DoctorCommand.class,
            SoakCommand.class,
            VersionCommand.class,
            GenerateCompletion.class,
            CommandLine.HelpCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all went well",
            "1:a sample was misplaced, a soak found an invariant broken, or the doctor found something to mend",
            "2:bad usage",
            "69:this machine or JVM cannot do it",
            "70:a task failed, or the report could not be written"
        },
        footer = {
            "",
            "Examples:",
            "  heddle run",
            "  heddle run --cores 0-1 --tasks 1000 --work mixed --samples 100",
            "  heddle run --any --tasks 100 --schedtrace 100ms",
            "  heddle topology",
            "  heddle doctor --placement one-per-core",
            "  heddle soak --minutes 1",
            "  heddle bench --quick          (from the sources: Heddle measured beside its peers)",
            "  source <(heddle generate-completion)"
        })
final class HeddleCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    private final FailureHandler failures = new FailureHandler();

    private HeddleCommand() {}

    @CommandLine.Option(
            names = "--verbose",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Print stack traces of failures.")
    void setVerbose(boolean verbose) {
        failures.setVerbose(verbose);
    }

    public static void main(String[] args) {
        int code = ExitCode.SOFTWARE;
        try {
            code = commandLine().execute(args);
        } catch (Error failure) { // which would end it with 1, as a broken promise does
            System.err.println("heddle: " + failure);
        }
        System.exit(code);
    }

    /** The command line with all that is set once for every subcommand. */
    static CommandLine commandLine() {
        HeddleCommand heddle = new HeddleCommand();
        return new CommandLine(heddle)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(heddle.failures)
                .setParameterExceptionHandler(heddle.failures);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a subcommand is missing");
    }
}
