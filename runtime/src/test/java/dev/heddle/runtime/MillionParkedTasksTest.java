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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MillionParkedTasksTest {
    private static final int TASKS = 1_000_000;
    private static final int WARM_UP = 50_000;
    private static final long GIB_IN_KIB = 1 << 20;

    /** Parks a million tasks on one core, or anywhere, wakes each, and prints what that took. */
    static final class Probe {
        private static volatile boolean open;

        public static void main(String[] args) throws Exception {
            boolean anywhere = args[0].equals("anywhere");
            // Or it is up to the compiler's luck how many park while their frames are not compiled.
            parkAndWake(anywhere, WARM_UP);
            open = false;
            parkAndWake(anywhere, TASKS);
            try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
                lines.filter(line -> line.startsWith("VmHWM:"))
                        .forEach(line -> System.out.println("peak KiB " + line.replaceAll("[^0-9]", "")));
            }
        }

        private static void parkAndWake(boolean anywhere, int tasks) throws InterruptedException {
            int cpu = ThreadAffinity.ofProcess().last();
            Thread[] threads = new Thread[tasks];
            AtomicInteger woken = new AtomicInteger();
            AtomicInteger misplaced = new AtomicInteger();
            CountDownLatch parking = new CountDownLatch(tasks);
            try (CoreManager cores = CoreManager.builder()
                    .mode(TaskMode.VIRTUAL)
                    .cores(anywhere ? ThreadAffinity.ofProcess() : CpuSet.of(cpu))
                    .start()) {
                TaskLauncher place = anywhere ? cores.anywhere() : cores.on(cpu);
                for (int i = 0; i < tasks; i++) {
                    threads[i] = place.start(() -> {
                        parking.countDown();
                        while (!open) {
                            LockSupport.park();
                        }
                        if (!anywhere && ThreadAffinity.currentCpu() != cpu) {
                            misplaced.incrementAndGet();
                        }
                        woken.incrementAndGet();
                    });
                }
                parking.await();
                Waiting.until(
                        "all carriers but one a core are spares",
                        () -> { // one may be on its way there
                            SchedulerStatistics now = cores.schedulerStatistics();
                            return now.carriers() - now.spares() == now.cores();
                        });
                System.out.println("carriers are one a core, and spares");
                open = true;
                for (Thread thread : threads) {
                    LockSupport.unpark(thread);
                }
            }
            System.out.println("woken " + woken + ", misplaced " + misplaced);
        }
    }

    /** On two cores more of them park while their frames are not compiled yet, which are several times larger: there the limit is higher. */
    @ParameterizedTest
    @CsvSource({"one core, 880, 1", "anywhere, 3500, 4"})
    void aMillionTasksParkOnOneCarrierACoreInLittleMemoryAndAllWake(String place, int heapMib, int gib) {
        ChildJvm.Result result = ChildJvm.run(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-XX:+UseSerialGC",
                        "-Xmx" + heapMib + "m"),
                Probe.class,
                place);
        assertEquals(0, result.exit(), result.output());
        assertTrue(result.output().contains("carriers are one a core, and spares"), result.output());
        assertTrue(result.output().contains("woken " + TASKS + ", misplaced 0"), result.output());
        long peakKib = result.output()
                .lines()
                .filter(line -> line.startsWith("peak KiB "))
                .mapToLong(line -> Long.parseLong(line.substring("peak KiB ".length())))
                .findFirst()
                .orElseThrow();
        assertTrue(peakKib < gib * GIB_IN_KIB, "peak resident memory was " + peakKib + " KiB");
    }
}
