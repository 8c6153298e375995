package dev.heddle.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Blocking;
import dev.heddle.runtime.CloseReport;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.IdleStrategy;
import dev.heddle.runtime.OverflowPolicy;
import dev.heddle.runtime.Placement;
import dev.heddle.runtime.ResizePolicy;
import dev.heddle.runtime.TaskMode;
import dev.heddle.topology.CpuTopology;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

final class ExamplesTest {
    private static final int CPU = ThreadAffinity.ofProcess().last();

    @Test
    void firstSteps() throws Exception {
        try (CoreManager cores = CoreManager.builder().start()) {
            int cpu = cores.cores().last();
            Future<Integer> seen = cores.on(cpu).submit(() -> {
                Thread.sleep(10);
                return ThreadAffinity.currentCpu();
            });
            System.out.println("asked for " + cpu + ", seen on " + seen.get());
        }
    }

    @Test
    void builder() {
        CoreManager cores = CoreManager.builder()
                .name("matching")
                .cores(CpuSet.of(CPU))
                .idleStrategy(IdleStrategy.spinThenPark(Duration.ofNanos(50_000)))
                .capacity(10_000)
                .overflow(OverflowPolicy.BLOCK)
                .mode(TaskMode.VIRTUAL)
                .uncaughtExceptionHandler((thread, thrown) -> System.err.println(thread + ": " + thrown))
                .start();
        assertEquals("matching", cores.name());
        cores.close();
    }

    @Test
    void views() throws Exception {
        try (CoreManager cores = CoreManager.builder().start()) {
            Core core = cores.on(CPU);
            // A thread of its own, started:
            Thread feed = core.start("feed", () -> System.out.println("running on core " + core.cpu()));
            // A result:
            Future<Integer> cpu = core.submit(ThreadAffinity::currentCpu);
            // An executor with a life of its own: closing it waits for its tasks, and the core goes on serving.
            try (ExecutorService executor = core.executor()) {
                executor.invokeAll(List.of(ThreadAffinity::currentCpu, ThreadAffinity::currentCpu));
            }
            // A factory, for whatever takes one:
            Thread worker = core.threadFactory("worker-").newThread(() -> System.out.println(cores.current()));
            worker.start();
            feed.join();
            worker.join();
            assertEquals(CPU, cpu.get());
            assertEquals("worker-0", worker.getName());
        }
    }

    @Test
    void shards() throws Exception {
        try (CoreManager cores = CoreManager.builder().exclusive(CpuSet.of(CPU)).start()) {
            Map<String, Long> shard = new HashMap<>(); // touched by tasks of this core only
            Future<Long> count = cores.on(CPU).submit(() -> shard.merge("key", 1L, Long::sum));
            System.out.println(count.get());
        }
    }

    @Test
    void placesThatAreNoOneCore() throws Exception {
        try (CoreManager cores = CoreManager.builder().start()) {
            // Anywhere: spread over the cores, and stolen by those that have nothing to do.
            Future<Integer> somewhere = cores.anywhere().submit(ThreadAffinity::currentCpu);
            // This core if it can: another one may take it while this one is busy, and it comes home when it suspends.
            Future<Integer> nearby = cores.on(CPU).preferred().submit(ThreadAffinity::currentCpu);
            assertTrue(cores.cores().contains(somewhere.get()));
            assertTrue(cores.cores().contains(nearby.get()));
        }
    }

    @Test
    void blocking() throws Exception {
        try (CoreManager cores = CoreManager.builder().start();
                InputStream slowDisk = new ByteArrayInputStream(new byte[] {7})) {
            Future<Integer> read = cores.on(CPU).submit(() -> {
                int firstByte = Blocking.call(() -> slowDisk.read());
                return firstByte;
            });
            assertEquals(7, read.get());
        }
    }

    @Test
    void resizing() {
        try (CoreManager cores = CoreManager.builder().start()) {
            CpuSet all = cores.cores();
            cores.resize(CpuSet.of(CPU)); // refused if a core that goes has tasks of its own
            cores.resize(all, ResizePolicy.MOVE); // or FAIL: see ResizePolicy
            assertEquals(all, cores.cores());
        }
    }

    @Test
    void closing() throws Exception {
        CoreManager cores = CoreManager.builder().start();
        cores.on(CPU).start(() -> System.out.println("short work"));
        CloseReport report = cores.closeWithin(Duration.ofSeconds(5), Duration.ofSeconds(1));
        if (!report.isComplete()) {
            System.err.println("still running: " + report);
        }
        assertTrue(report.isComplete());
    }

    @Test
    void statistics() {
        try (CoreManager cores = CoreManager.builder().start()) {
            for (CoreStatistics core : cores.statistics()) {
                System.out.println(core.cpu() + ": " + core.live() + " live, " + core.dispatches() + " dispatches");
            }
        }
    }

    @Test
    void topology() throws Exception {
        CpuTopology machine = CpuTopology.read();
        for (CpuSet core : machine.physicalCores()) {
            System.out.println("CPUs " + core + " are one physical core");
        }
        System.out.println("this process may use " + machine.allowed());
        assertTrue(machine.allowed().contains(CPU));
    }

    @Test
    void placement() {
        Placement placement = Placement.numaNode(0).then(Placement.onePerPhysicalCore());
        try (CoreManager cores = CoreManager.builder().cores(placement).start()) {
            System.out.println("on cores " + cores.cores());
        }
        assertEquals(placement, Placement.parse("node:0/one-per-core"));
    }

    @Test
    void memory() throws Exception {
        try (CoreManager cores = CoreManager.builder().start()) {
            Core core = cores.on(CPU);
            try (Arena arena = core.arena()) {
                MemorySegment ring = arena.allocate(1 << 20);
                core.start(() -> ring.set(ValueLayout.JAVA_LONG, 0, 42L)).join();
                System.out.println(ring.get(ValueLayout.JAVA_LONG, 0));
            }
        }
    }

    @Test
    void housekeeping() {
        Assumptions.assumeTrue(ThreadAffinity.ofProcess().size() > 1, "SKIPPED: this needs two CPUs");
        CpuSet all = ThreadAffinity.ofProcess();
        CpuSet house = CpuSet.of(all.first());
        try (CoreManager cores = CoreManager.builder()
                .cores(Placement.excluding(house))
                .housekeeping(house)
                .start()) {
            cores.housekeeping()
                    .orElseThrow()
                    .moved()
                    .forEach(thread -> System.out.println(thread.name() + " was moved"));
        }
    }

    @Test
    void watching() {
        CoreManager cores =
                CoreManager.builder().whenCpuGone(ResizePolicy.FAIL).audit(1000).start();
        assertEquals(0, cores.schedulerStatistics().pinsLost());
        cores.close();
    }

    @Test
    void affinityOfTheCallingThread() {
        ThreadAffinity.runWith(CpuSet.of(CPU), () -> System.out.println("on " + ThreadAffinity.currentCpu()));
        assertTrue(ThreadAffinity.get().contains(CPU));
    }
}
