package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.testing.ChildJvm;
import java.io.File;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** With and without the flags, on the class path and on the module path. */
final class ModesAndPathsTest {
    /** Starts two managers in the mode named, and prints where a task of the last core ran, and as what. */
    static final class Probe {
        public static void main(String[] args) throws Exception {
            TaskMode mode = TaskMode.valueOf(args[0]);
            for (int i = 0; i < 2; i++) {
                try (CoreManager cores = CoreManager.builder().mode(mode).start()) {
                    int cpu = cores.cores().last();
                    int seen = cores.on(cpu).submit(ThreadAffinity::currentCpu).get();
                    System.out.println(cores.mode() + (seen == cpu ? " in place" : " misplaced"));
                } catch (IllegalStateException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    private static long count(ChildJvm.Result result, String part) {
        return result.output().lines().filter(line -> line.contains(part)).count();
    }

    @Test
    void withoutTheHookAutoWarnsOnceAndRunsPlatformThreads() {
        ChildJvm.Result result = ChildJvm.run(List.of("--enable-native-access=ALL-UNNAMED"), Probe.class, "AUTO");
        assertEquals(0, result.exit(), result.output());
        assertEquals(2, count(result, "PLATFORM in place"), result.output());
        assertEquals(1, count(result, "--add-opens java.base/java.lang=ALL-UNNAMED"), result.output());
    }

    @Test
    void withoutTheHookVirtualIsRefusedWithTheFlag() {
        ChildJvm.Result result = ChildJvm.run(List.of("--enable-native-access=ALL-UNNAMED"), Probe.class, "VIRTUAL");
        assertEquals(
                2,
                count(result, "cannot run as virtual threads: the package java.lang is not open to Heddle"),
                result.output());
        assertEquals(2, count(result, "--add-opens java.base/java.lang=ALL-UNNAMED"), result.output());
    }

    @Test
    void onTheClassPathTwoFlagsAreEnough() {
        ChildJvm.Result result = ChildJvm.run(
                List.of("--enable-native-access=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED"),
                Probe.class,
                "AUTO");
        assertEquals(
                List.of("VIRTUAL in place", "VIRTUAL in place"),
                result.output().lines().toList());
    }

    @Test
    void onTheModulePathTwoFlagsAreEnough() {
        String path = System.getProperty("java.class.path");
        String tests = Stream.of(path.split(File.pathSeparator))
                .filter(entry -> entry.contains("test-classes") && entry.contains("runtime"))
                .collect(Collectors.joining());
        String modules = Stream.of(path.split(File.pathSeparator))
                .filter(entry -> entry.contains("jspecify") || entry.endsWith("classes") || entry.contains("heddle-"))
                .filter(entry -> !entry.endsWith("test-classes") && !entry.endsWith("-tests.jar"))
                .collect(Collectors.joining(File.pathSeparator));
        ChildJvm.Result result = ChildJvm.run(List.of(
                "--enable-native-access=dev.heddle.affinity",
                "--add-opens=java.base/java.lang=dev.heddle.runtime",
                "--module-path",
                modules,
                "--patch-module",
                "dev.heddle.runtime=" + tests,
                "--module",
                "dev.heddle.runtime/" + Probe.class.getName(),
                "AUTO"));
        assertEquals(
                List.of("VIRTUAL in place", "VIRTUAL in place"),
                result.output().lines().toList(),
                result.output());
    }

    @Test
    void onlyWhatAUserNamesIsExported() throws Exception {
        Path classes = Path.of(CoreManager.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        ModuleDescriptor module = ModuleFinder.of(classes)
                .find("dev.heddle.runtime")
                .orElseThrow()
                .descriptor();
        assertEquals(
                Set.of("dev.heddle.runtime", "dev.heddle.topology"),
                module.exports().stream()
                        .filter(export -> !export.isQualified())
                        .map(ModuleDescriptor.Exports::source)
                        .collect(Collectors.toSet()));
        assertEquals(Set.of(), module.opens());
        assertTrue(
                module.requires().stream().anyMatch(requires -> requires.name().equals("dev.heddle.affinity")));
    }
}
