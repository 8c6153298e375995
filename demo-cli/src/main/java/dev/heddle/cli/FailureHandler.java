package dev.heddle.cli;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says in one line what went wrong, with the stack trace only where it was asked for. */
final class FailureHandler implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private boolean verbose;

    void setVerbose(boolean verbose) {
        this.verbose = verbose;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        String message = describe(failure);
        command.getErr().println(command.getColorScheme().errorText("heddle: " + message));
        if (verbose) {
            failure.printStackTrace(command.getErr());
        }
        return failure instanceof CannotRunException ? ExitCode.UNAVAILABLE : ExitCode.SOFTWARE;
    }

    private static String describe(Exception failure) {
        if (failure instanceof FileSystemException file && file.getReason() == null) {
            String reason = failure instanceof NoSuchFileException
                    ? "there is no such directory"
                    : failure.getClass().getSimpleName();
            reason = failure instanceof AccessDeniedException ? "permission denied" : reason;
            return "'" + file.getFile() + "' cannot be written: " + reason;
        }
        return failure.getMessage() == null ? failure.toString() : failure.getMessage();
    }

    private static boolean isUnknownCommand(ParameterException failure) {
        return failure instanceof UnmatchedArgumentException unmatched
                && !unmatched.isUnknownOption()
                && failure.getCommandLine().getParent() == null;
    }

    private static String describe(ParameterException failure) {
        if (isUnknownCommand(failure)) {
            return "there is no command '"
                    + ((UnmatchedArgumentException) failure).getUnmatched().get(0) + "', but there are "
                    + String.join(
                            ", ", failure.getCommandLine().getSubcommands().keySet());
        }
        return String.valueOf(failure.getMessage());
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        command.getErr().println(command.getColorScheme().errorText("heddle: " + describe(failure)));
        if (isUnknownCommand(failure) || !UnmatchedArgumentException.printSuggestions(failure, command.getErr())) {
            command.getErr().println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return ExitCode.USAGE;
    }
}
