package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.CoreManagerBuilder;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;

/** What the doctor looks at in this JVM. */
final class JvmChecks {
    private final CpuSet cores;

    JvmChecks(CpuSet cores) {
        this.cores = cores;
    }

    List<Check> all() {
        List<Check> checks = new ArrayList<>();
        checks.add(jdk());
        Check access = nativeAccess();
        checks.add(access);
        checks.add(processors());
        checks.add(hook());
        if (access.status() == Check.Status.OK && !cores.isEmpty()) {
            checks.add(pins());
        }
        return checks;
    }

    private static Check jdk() {
        List<String> flags = ManagementFactory.getRuntimeMXBean().getInputArguments();
        return Check.ok(
                "jdk",
                "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + "), "
                        + (flags.isEmpty() ? "no flags" : String.join(" ", flags)));
    }

    private static Check nativeAccess() {
        try {
            ThreadAffinity.ofProcess();
            return Check.ok("native", "the JVM lets Heddle call the C library");
        } catch (IllegalCallerException e) {
            return Check.fail(
                    "native", "native access is denied, nothing can be pinned", String.valueOf(e.getMessage()));
        } catch (UnsupportedOperationException e) {
            return Check.fail("native", "threads cannot be pinned here", String.valueOf(e.getMessage()));
        }
    }

    private static Check hook() {
        return CoreManagerBuilder.obstacleToVirtualMode()
                .map(obstacle -> Check.warn(
                        "hook",
                        "tasks run as platform threads, each with a stack of its own, spread by the kernel",
                        obstacle))
                .orElse(Check.ok("hook", "the JDK's scheduler hook is open: tasks run as virtual threads"));
    }

    /** The promise itself: a task on each core, which looks where it is. */
    private Check pins() {
        try (CoreManager manager =
                CoreManager.builder().name("doctor").cores(cores).start()) {
            Map<Integer, Future<Integer>> looks = new TreeMap<>();
            cores.forEach(cpu -> looks.put(cpu, manager.on(cpu).submit(() -> {
                Thread.yield();
                return ThreadAffinity.currentCpu();
            })));
            List<String> misplaced = new ArrayList<>();
            for (Map.Entry<Integer, Future<Integer>> look : looks.entrySet()) {
                int seen = look.getValue().get();
                if (seen != look.getKey()) {
                    misplaced.add("the task for core " + look.getKey() + " was on CPU " + seen);
                }
            }
            return misplaced.isEmpty()
                    ? Check.ok(
                            "pins",
                            cores.size() == 1
                                    ? "a task on core " + cores + " was where it was to be"
                                    : "a task on each of cores " + cores + " was where it was to be")
                    : Check.fail(
                            "pins", String.join(", ", misplaced), "say so to Heddle's maintainers: pins must hold");
        } catch (IllegalStateException | IllegalArgumentException e) {
            return Check.fail("pins", "not every core can be pinned to", String.valueOf(e.getMessage()));
        } catch (ExecutionException e) {
            return Check.fail("pins", "a task failed", String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Check.fail("pins", "the look was interrupted", "try again");
        }
    }

    private Check processors() {
        int processors = Runtime.getRuntime().availableProcessors();
        if (processors < cores.size()) {
            return Check.warn(
                    "processors",
                    "availableProcessors() is " + processors + ", and the placement has " + cores.size() + " cores",
                    "the JVM sizes its collector and pools for less: see the quota above, or set -XX:ActiveProcessorCount");
        }
        return Check.ok("processors", "availableProcessors() is " + processors);
    }
}
