package dev.heddle.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Starts the JVM of this test once more, with other flags, and tells what it printed and how it ended. */
public final class ChildJvm {
    /** How long a child may take: far more than any needs, so that only a hang ends this way. */
    private static final long TIMEOUT_SECONDS = 120;

    /**
     * What a child printed and how it ended.
     *
     * @param exit its exit code
     * @param output its standard output and error, as they came
     */
    public record Result(int exit, String output) {}

    private ChildJvm() {}

    /**
     * Runs a main class on the class path of this test.
     *
     * @param flags flags of the JVM
     * @param main the class to run
     * @param arguments what it is given
     * @return what came of it
     */
    public static Result run(List<String> flags, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(flags);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return run(command);
    }

    /**
     * Runs {@code java} with these arguments.
     *
     * @param arguments flags, main class and its arguments
     * @return what came of it
     */
    public static Result run(List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        try {
            Path output = Files.createTempFile("child-jvm", ".txt");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
                if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor();
                    throw new AssertionError(
                            command + " did not end in " + TIMEOUT_SECONDS + " s:\n" + Files.readString(output, UTF_8));
                }
                return new Result(process.exitValue(), Files.readString(output, UTF_8));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
