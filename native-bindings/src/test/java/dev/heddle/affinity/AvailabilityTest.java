package dev.heddle.affinity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.testing.ChildJvm;
import java.io.File;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a user reads where the calls cannot be made, and on either path where they can. */
final class AvailabilityTest {
    /** Prints what each call does, the exceptions' names and messages. */
    static final class Probe {
        public static void main(String[] args) {
            System.out.println(CpuSet.parse("0-3"));
            attempt(ThreadAffinity::currentCpu);
            attempt(ThreadAffinity::get);
            attempt(ThreadAffinity::currentThreadId);
            attempt(() -> ThreadAffinity.get(1));
        }

        private static void attempt(java.util.function.Supplier<Object> call) {
            try {
                System.out.println(call.get() == null ? "nothing" : "answered");
            } catch (RuntimeException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
    }

    @Test
    void anotherSystemIsToldApartWithoutACrash() {
        ChildJvm.Result result = ChildJvm.run(List.of("-Dos.name=Plan 9"), Probe.class);
        assertEquals(0, result.exit(), result.output());
        assertEquals(
                4,
                result.output()
                        .lines()
                        .filter(line -> line.startsWith("UnsupportedOperationException: thread affinity needs Linux")
                                && line.contains("this is Plan 9"))
                        .count(),
                result.output());
    }

    @Test
    void deniedNativeAccessNamesTheFlag() {
        assumeTrue(Runtime.version().feature() >= 24, "a JDK before 24 cannot be told to deny");
        ChildJvm.Result result = ChildJvm.run(List.of("--illegal-native-access=deny"), Probe.class);
        assertEquals(0, result.exit(), result.output());
        assertEquals(
                4,
                result.output()
                        .lines()
                        .filter(line -> line.startsWith("IllegalCallerException")
                                && line.contains("--enable-native-access=ALL-UNNAMED"))
                        .count(),
                result.output());
    }

    @Test
    void theClassPathNeedsOneFlagAndPrintsNoWarning() {
        ChildJvm.Result result = ChildJvm.run(
                List.of("--illegal-native-access=deny", "--enable-native-access=ALL-UNNAMED"), Probe.class);
        assertAnswers(result);
    }

    @Test
    void theModulePathNeedsOneFlagAndPrintsNoWarning() {
        String path = System.getProperty("java.class.path");
        String tests = Stream.of(path.split(File.pathSeparator))
                .filter(entry -> entry.endsWith("test-classes"))
                .collect(Collectors.joining());
        ChildJvm.Result result = ChildJvm.run(List.of(
                "--illegal-native-access=deny",
                "--enable-native-access=dev.heddle.affinity",
                "--module-path",
                path.replace(tests, ""),
                "--patch-module",
                "dev.heddle.affinity=" + tests,
                "--module",
                "dev.heddle.affinity/" + Probe.class.getName()));
        assertAnswers(result);
    }

    private static void assertAnswers(ChildJvm.Result result) {
        assertEquals(0, result.exit(), result.output());
        List<String> lines = result.output().lines().toList();
        assertEquals(List.of("0-3", "answered", "answered", "answered"), lines.subList(0, 4), result.output());
        assertTrue(lines.get(4).equals("answered") || lines.get(4).contains("sched_getaffinity"), result.output());
    }
}
