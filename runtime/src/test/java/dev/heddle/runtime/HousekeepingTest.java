package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.ThreadAffinity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class HousekeepingTest {
    private final CpuSet all = ThreadAffinity.ofProcess();
    private final CpuSet house = CpuSet.of(all.first());
    private final CpuSet cores = all.minus(house);

    @BeforeEach
    void needsTwoCpus() {
        Assumptions.assumeTrue(all.size() > 1, "SKIPPED: this needs two CPUs");
    }

    /** The mask of each thread of this process, by id and name. */
    private static Map<String, CpuSet> masks() throws IOException {
        Map<String, CpuSet> masks = new TreeMap<>();
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            for (Path task : tasks.toList()) {
                try {
                    int id = Integer.parseInt(task.getFileName().toString());
                    masks.put(id + " " + Files.readString(task.resolve("comm")).strip(), ThreadAffinity.get(id));
                } catch (IOException | NativeCallException ended) {
                    // between the list and the look
                }
            }
        }
        return masks;
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void theJvmsThreadsGoAndComeBackAndTheProgramsStay(TaskMode mode) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger program = new AtomicInteger();
        Thread own = Thread.ofPlatform().name("a thread of the program").start(() -> {
            program.set(ThreadAffinity.currentThreadId());
            try {
                over.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        Waiting.until("the thread", () -> program.get() != 0);
        Map<String, CpuSet> before = masks();
        try (CoreManager manager = CoreManager.builder()
                .mode(mode)
                .cores(cores)
                .housekeeping(house)
                .start()) {
            HousekeepingReport report = manager.housekeeping().orElseThrow();
            assertEquals(List.of(), report.notMoved());
            assertEquals(house, report.cpus());
            Map<String, CpuSet> during = masks();
            int moved = 0;
            for (Map.Entry<String, CpuSet> thread : during.entrySet()) {
                String name = thread.getKey().substring(thread.getKey().indexOf(' ') + 1);
                if (name.startsWith("GC Thread")
                        || name.startsWith("VM ")
                        || name.contains("Compiler")
                        || name.startsWith("VirtualThread-u")
                        || name.contains("Poller")) {
                    assertEquals(house, thread.getValue(), name);
                    moved++;
                }
            }
            assertTrue(moved >= 5 && moved <= report.moved().size(), during + " " + report);
            assertEquals(all, ThreadAffinity.get(program.get()));
            assertEquals(all, ThreadAffinity.ofProcess());
            assertEquals(
                    cores.first(),
                    manager.on(cores.first()).submit(ThreadAffinity::currentCpu).get());
        }
        Map<String, CpuSet> after = masks();
        before.keySet().retainAll(after.keySet()); // some have ended
        after.keySet().retainAll(before.keySet());
        assertEquals(before, after);
        over.countDown();
        own.join();
    }

    private static CpuSet maskOf(String name) throws IOException {
        return masks().entrySet().stream()
                .filter(thread -> thread.getKey().endsWith(" " + name))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whoKeepsHouseLastGivesBack() throws IOException {
        CoreManager one = CoreManager.builder().cores(cores).housekeeping(house).start();
        CoreManager other =
                CoreManager.builder().cores(cores).housekeeping(house).start();
        assertEquals(house, maskOf("VM Thread"));
        one.close();
        assertEquals(house, maskOf("VM Thread"));
        other.close();
        assertEquals(all, maskOf("VM Thread"));
    }

    @Test
    void thePoolsOfTheJdkAreMovedToo() throws Exception {
        ForkJoinPool.commonPool().submit(() -> 1).get();
        try (CoreManager manager =
                CoreManager.builder().cores(cores).housekeeping(house).start()) {
            for (Map.Entry<String, CpuSet> thread : masks().entrySet()) {
                if (thread.getKey().contains(" ForkJoinPool")) {
                    assertEquals(house, thread.getValue(), manager + " " + thread.getKey());
                }
            }
        }
    }

    @Test
    void withoutItNothingIsMoved() throws IOException {
        try (CoreManager manager = CoreManager.builder().cores(cores).start()) {
            assertTrue(manager.housekeeping().isEmpty());
            assertTrue(masks().values().contains(all));
        }
    }

    @Test
    void cpusThatCannotBeAreNamed() {
        IllegalArgumentException same = assertThrows(
                IllegalArgumentException.class,
                () -> CoreManager.builder().cores(all).housekeeping(house).start());
        assertTrue(
                String.valueOf(same.getMessage())
                        .startsWith("housekeeping on CPUs " + house + " would be on cores of the"),
                same.getMessage());
        IllegalArgumentException unknown = assertThrows(
                IllegalArgumentException.class,
                () -> CoreManager.builder()
                        .cores(cores)
                        .housekeeping(CpuSet.of(4000))
                        .start());
        assertTrue(String.valueOf(unknown.getMessage()).contains("4000"), unknown.getMessage());
        assertThrows(IllegalArgumentException.class, () -> CoreManager.builder().housekeeping(CpuSet.empty()));
    }
}
