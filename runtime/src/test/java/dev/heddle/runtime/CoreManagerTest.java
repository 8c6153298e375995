package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CoreManagerTest {
    private static final int CPU = ThreadAffinity.ofProcess().first();

    private static CoreManagerBuilder builder(TaskMode mode) {
        return CoreManager.builder().mode(mode).name("test");
    }

    @Test
    void theDefaultIsEveryCpuThatTheProcessMayUse() {
        try (CoreManager cores = CoreManager.builder().start()) {
            assertEquals(ThreadAffinity.ofProcess(), cores.cores());
            assertEquals(TaskMode.VIRTUAL, cores.mode());
            assertEquals("heddle", cores.name());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aTaskKnowsItsCoreAndOthersHaveNone(TaskMode mode) throws Exception {
        try (CoreManager cores = builder(mode).start();
                CoreManager others = builder(mode).start()) {
            assertEquals(Optional.empty(), cores.current());
            for (int cpu : cores.cores()) {
                assertEquals(
                        Optional.of(cores.on(cpu)),
                        cores.on(cpu).submit(cores::current).get());
                assertEquals(
                        Optional.empty(), cores.on(cpu).submit(others::current).get());
                assertEquals(cpu, cores.on(cpu).cpu());
            }
        }
    }

    @Test
    void childrenOfATaskStayOnItsCore() throws Exception {
        try (CoreManager cores = builder(TaskMode.VIRTUAL).start()) {
            for (int cpu : cores.cores()) {
                AtomicReference<Optional<Core>> seen = new AtomicReference<>(Optional.empty());
                Future<?> parent = cores.on(cpu).submit(() -> {
                    Thread child = Thread.startVirtualThread(() -> {
                        Thread.yield();
                        seen.set(cores.current());
                    });
                    child.join();
                    return null;
                });
                parent.get();
                assertEquals(Optional.of(cores.on(cpu)), seen.get());
            }
        }
    }

    @Test
    void aCpuThatMayNotBeUsedIsRefusedWithTheAllowedOnesAndNothingStarts() {
        CpuSet asked = ThreadAffinity.ofProcess().union(CpuSet.of(4000));
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> CoreManager.builder().cores(asked).name("refused").start());
        assertTrue(String.valueOf(e.getMessage()).startsWith("the machine has no CPU 4000;"), e.getMessage());
        assertTrue(
                String.valueOf(e.getMessage()).contains("this process may use " + ThreadAffinity.ofProcess()),
                e.getMessage());
        assertEquals(List.of(), threadsNamed("refused"));
        assertThrows(
                IllegalArgumentException.class,
                () -> CoreManager.builder().cores(CpuSet.empty()).start());
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aCoreThatCannotBePinnedFailsTheStartAndLeavesNothing(TaskMode mode) {
        int last = ThreadAffinity.ofProcess().last();
        IllegalStateException e = assertThrows(
                IllegalStateException.class,
                () -> builder(mode)
                        .name("unpinnable")
                        .pinning(cpu -> {
                            if (cpu.contains(last)) {
                                throw new IllegalStateException("CPU " + cpu + " went away");
                            }
                        })
                        .start());
        assertTrue(String.valueOf(e.getMessage()).contains("CPU " + last + " went away"), e.getMessage());
        Waiting.until("its carriers are gone", () -> threadsNamed("unpinnable").isEmpty());
    }

    @Test
    void anUnknownCoreIsNamedTogetherWithTheKnown() {
        try (CoreManager cores = builder(TaskMode.VIRTUAL).start()) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> cores.on(4000));
            assertTrue(String.valueOf(e.getMessage()).contains("has no core 4000"), e.getMessage());
            assertTrue(String.valueOf(e.getMessage()).contains(cores.cores().toString()), e.getMessage());
        }
    }

    @Test
    void twoManagersShareACpu() throws Exception {
        try (CoreManager one = builder(TaskMode.VIRTUAL).start();
                CoreManager two = builder(TaskMode.VIRTUAL).start()) {
            CountDownLatch met = new CountDownLatch(2);
            for (CoreManager cores : List.of(one, two)) {
                cores.on(CPU).start(() -> {
                    met.countDown();
                    await(met);
                });
            }
            met.await();
        }
    }

    @Test
    void statisticsCountWhatTheCoreDid() throws Exception {
        CoreManager cores = builder(TaskMode.VIRTUAL)
                .cores(CpuSet.of(CPU))
                .idleStrategy(IdleStrategy.park())
                .exclusive(CpuSet.of(CPU)) // or what waits is let in when this takes for long
                .uncaughtExceptionHandler((thread, thrown) -> {})
                .start();
        Core core = cores.on(CPU);
        Waiting.until("the core is idle", () -> cores.schedulerStatistics().idle() == 1);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        core.start(() -> {
            begun.countDown();
            while (go.getCount() > 0) {
                Thread.onSpinWait(); // the core's one carrier is busy: what follows piles up
            }
        });
        begun.await();
        for (int i = 0; i < 10; i++) {
            core.start(Thread::yield);
        }
        core.start(() -> {
            throw new IllegalStateException("on purpose");
        });
        Future<?> failing = core.submit(() -> {
            throw new IllegalStateException("on purpose");
        });
        CoreStatistics busy = core.statistics();
        assertEquals(1, busy.started());
        assertEquals(1, busy.live());
        assertEquals(12, busy.channelDepth());
        go.countDown();
        cores.close();
        assertTrue(failing.isDone());
        CoreStatistics idle = cores.statistics().getFirst();
        assertEquals(CPU, idle.cpu());
        assertEquals(13, idle.started());
        assertEquals(13, idle.ended());
        assertEquals(2, idle.failed());
        assertEquals(0, idle.live());
        assertEquals(23, idle.dispatches()); // 13 beginnings, 10 resumptions after a yield
        assertEquals(0, idle.channelDepth());
        assertEquals(12, idle.highestChannelDepth());
        assertTrue(idle.parks() >= 1);
        assertEquals(idle.parks(), idle.wakeUps());
    }

    @Test
    void everyIdleStrategyServes() throws Exception {
        for (IdleStrategy strategy : List.of(
                IdleStrategy.park(), IdleStrategy.spinThenPark(Duration.ofMillis(1)), IdleStrategy.busySpin())) {
            try (CoreManager cores =
                    builder(TaskMode.VIRTUAL).idleStrategy(strategy).start()) {
                for (int i = 0; i < 100; i++) {
                    assertEquals(
                            CPU,
                            cores.on(CPU).submit(ThreadAffinity::currentCpu).get(),
                            strategy.toString());
                }
            }
        }
        assertThrows(IllegalArgumentException.class, () -> IdleStrategy.spinThenPark(Duration.ofNanos(-1)));
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aFactoryThreadIsWaitedForFromItsStartAndNotFromItsMaking(TaskMode mode) throws Exception {
        AtomicInteger ran = new AtomicInteger();
        Thread neverStarted;
        Thread startedLate;
        try (CoreManager cores = builder(mode).start()) {
            neverStarted = cores.on(CPU).threadFactory().newThread(ran::incrementAndGet);
            startedLate = cores.on(CPU).threadFactory("late-").newThread(ran::incrementAndGet);
            for (int i = 0; i < 50; i++) {
                cores.on(CPU)
                        .threadFactory()
                        .newThread(() -> {
                            LockSupport.parkNanos(1_000_000);
                            ran.incrementAndGet();
                        })
                        .start();
            }
        }
        assertEquals(50, ran.get());
        assertEquals("late-0", startedLate.getName());
        startedLate.start(); // nothing that runs is ever refused
        startedLate.join();
        assertEquals(51, ran.get());
        assertEquals(Thread.State.NEW, neverStarted.getState());
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aFactoryThreadStartsOnce(TaskMode mode) throws Exception {
        AtomicInteger ran = new AtomicInteger();
        CoreManager cores = builder(mode).start();
        Thread thread = cores.on(CPU).threadFactory().newThread(ran::incrementAndGet);
        thread.start();
        assertThrows(IllegalThreadStateException.class, thread::start);
        thread.join();
        assertThrows(IllegalThreadStateException.class, thread::start);
        assertEquals(1, ran.get());
        assertTrue(cores.closeWithin(Waiting.DEADLINE, Duration.ZERO).isComplete());
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aTaskThatCallsItsThreadsRunMethodRunsOnce(TaskMode mode) throws Exception {
        AtomicInteger ran = new AtomicInteger();
        CoreManager cores = builder(mode).start();
        Runnable body = () -> {
            if (ran.incrementAndGet() == 1) {
                Runnable self = Thread.currentThread();
                self.run();
            }
        };
        cores.on(CPU).start(body).join();
        assertEquals(1, ran.get());
        assertFalse(cores.isShutdown());
        assertTrue(cores.closeWithin(Waiting.DEADLINE, Duration.ZERO).isComplete());
    }

    /** The JDK's own executors start a factory's threads by a way of their own. */
    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void theJdksThreadPerTaskExecutorTakesTheFactory(TaskMode mode) throws Exception {
        try (CoreManager cores = builder(mode).start()) {
            Core core = cores.on(CPU);
            try (ExecutorService executor = Executors.newThreadPerTaskExecutor(core.threadFactory())) {
                for (int i = 0; i < 20; i++) {
                    assertEquals(
                            CPU, executor.submit(ThreadAffinity::currentCpu).get());
                }
            }
            assertFalse(cores.isShutdown());
            assertEquals(CPU, core.submit(ThreadAffinity::currentCpu).get());
        }
    }

    /** A thread may suspend and be resumed before the call that started it has returned: it is one start all the same. */
    @Test
    void aFactoryThreadThatIsFasterThanItsStarterCountsOnce() throws Exception {
        CoreManager cores = builder(TaskMode.VIRTUAL).start();
        for (int i = 0; i < 50_000; i++) {
            cores.on(cores.cores().last())
                    .threadFactory()
                    .newThread(Thread::yield)
                    .start();
        }
        CloseReport report = cores.closeWithin(Waiting.DEADLINE, Duration.ZERO);
        assertTrue(report.isComplete(), report.toString());
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void theRunMethodOfAFactoryThreadDoesNothingToItsCaller(TaskMode mode) {
        AtomicInteger ran = new AtomicInteger();
        CpuSet before = ThreadAffinity.get();
        try (CoreManager cores = builder(mode).start()) {
            Runnable thread = cores.on(CPU).threadFactory().newThread(ran::incrementAndGet);
            thread.run();
        }
        assertEquals(0, ran.get());
        assertEquals(before, ThreadAffinity.get());
    }

    @Test
    void anInterruptDoesNotDisturbTheStart() {
        Thread.currentThread().interrupt();
        try (CoreManager cores = builder(TaskMode.VIRTUAL).start()) {
            assertTrue(Thread.interrupted());
            assertEquals(ThreadAffinity.ofProcess(), cores.cores());
        }
    }

    @Test
    void theCarriersAreDaemonsNamedAfterManagerAndCore() {
        try (CoreManager cores = builder(TaskMode.VIRTUAL).name("named").start()) {
            List<Thread> carriers = threadsNamed("named-core-");
            assertEquals(cores.cores().size(), carriers.size());
            assertTrue(carriers.stream().allMatch(Thread::isDaemon));
            assertNotEquals(0, carriers.size());
        }
    }

    static List<Thread> threadsNamed(String prefix) {
        Thread[] all = new Thread[4096];
        ThreadGroup root = Thread.currentThread().getThreadGroup();
        while (root.getParent() != null) {
            root = root.getParent();
        }
        int count = root.enumerate(all);
        return Arrays.stream(all, 0, count)
                .filter(thread -> thread.getName().startsWith(prefix))
                .toList();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
