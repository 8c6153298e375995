package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.testing.ChildJvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class MillionParkedTasksTest {
    private static final int TASKS = 1_000_000;
    private static final long GIB_IN_KIB = 1 << 20;

    /** Parks a million tasks on one core, wakes each, and prints what that took. */
    static final class Probe {
        private static volatile boolean open;

        public static void main(String[] args) throws Exception {
            int cpu = ThreadAffinity.ofProcess().last();
            Thread[] threads = new Thread[TASKS];
            AtomicInteger woken = new AtomicInteger();
            AtomicInteger misplaced = new AtomicInteger();
            CountDownLatch parking = new CountDownLatch(TASKS);
            try (CoreManager cores = CoreManager.builder()
                    .mode(TaskMode.VIRTUAL)
                    .cores(CpuSet.of(cpu))
                    .start()) {
                Core core = cores.on(cpu);
                for (int i = 0; i < TASKS; i++) {
                    threads[i] = core.start(() -> {
                        parking.countDown();
                        while (!open) {
                            LockSupport.park();
                        }
                        if (ThreadAffinity.currentCpu() != cpu) {
                            misplaced.incrementAndGet();
                        }
                        woken.incrementAndGet();
                    });
                }
                parking.await();
                long live = core.statistics().live();
                open = true;
                for (Thread thread : threads) {
                    LockSupport.unpark(thread);
                }
                System.out.println("live " + live);
            }
            System.out.println("woken " + woken + ", misplaced " + misplaced);
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
                lines.filter(line -> line.startsWith("VmHWM:"))
                        .forEach(line -> System.out.println("peak KiB " + line.replaceAll("[^0-9]", "")));
            }
        }
    }

    @Test
    void aMillionTasksParkOnOneCoreInUnderAGibibyteAndAllWake() {
        ChildJvm.Result result = ChildJvm.run(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-Xmx880m"),
                Probe.class);
        assertEquals(0, result.exit(), result.output());
        assertTrue(result.output().contains("live " + TASKS), result.output());
        assertTrue(result.output().contains("woken " + TASKS + ", misplaced 0"), result.output());
        long peakKib = result.output()
                .lines()
                .filter(line -> line.startsWith("peak KiB "))
                .mapToLong(line -> Long.parseLong(line.substring("peak KiB ".length())))
                .findFirst()
                .orElseThrow();
        assertTrue(peakKib < GIB_IN_KIB, "peak resident memory was " + peakKib + " KiB");
    }
}
