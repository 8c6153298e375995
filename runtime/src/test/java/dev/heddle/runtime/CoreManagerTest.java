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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CoreManagerTest {
    private static final int CPU = ThreadAffinity.ofProcess().first();

    private static CoreManager.Builder builder(TaskMode mode) {
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
        assertTrue(String.valueOf(e.getMessage()).startsWith("core 4000 is not allowed here"), e.getMessage());
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
                            if (cpu == last) {
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

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void closeWaitsForEveryTaskThatWasAdmitted(TaskMode mode) {
        AtomicInteger ended = new AtomicInteger();
        try (CoreManager cores = builder(mode).start()) {
            for (int cpu : cores.cores()) {
                for (int i = 0; i < 100; i++) {
                    cores.on(cpu).start(() -> {
                        LockSupport.parkNanos(1_000_000);
                        ended.incrementAndGet();
                    });
                }
            }
        }
        assertEquals(100 * ThreadAffinity.ofProcess().size(), ended.get());
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aManagerThatWasShutDownTakesNoMore(TaskMode mode) throws Exception {
        CoreManager cores = builder(mode).start();
        Core core = cores.on(CPU);
        assertFalse(cores.isShutdown());
        assertFalse(cores.awaitTermination(Duration.ZERO));
        cores.close();
        assertTrue(cores.isShutdown());
        assertTrue(cores.isTerminated());
        assertTrue(cores.awaitTermination(Duration.ofDays(365_000)));
        assertThrows(RejectedExecutionException.class, () -> core.start(() -> {}));
        assertThrows(RejectedExecutionException.class, () -> core.submit(() -> 1));
        assertThrows(
                RejectedExecutionException.class, () -> core.threadFactory().newThread(() -> {}));
        assertThrows(RejectedExecutionException.class, () -> core.executor().execute(() -> {}));
        cores.close();
    }

    /** Parked, running, asleep on a monitor, and not begun: all are told. */
    @Test
    void shutdownNowInterruptsEveryLiveTask() throws Exception {
        CoreManager cores = builder(TaskMode.VIRTUAL).start();
        Core core = cores.on(CPU);
        AtomicInteger interrupted = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(3);
        Object monitor = new Object();
        core.start(() -> {
            begun.countDown();
            LockSupport.park();
            countIfInterrupted(interrupted);
        });
        core.start(() -> {
            begun.countDown();
            try {
                Thread.sleep(Duration.ofDays(1));
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
            }
        });
        core.start(() -> {
            begun.countDown();
            synchronized (monitor) {
                try {
                    while (interrupted.get() < Integer.MAX_VALUE) {
                        monitor.wait();
                    }
                } catch (InterruptedException e) {
                    interrupted.incrementAndGet();
                }
            }
        });
        begun.await();
        CountDownLatch hogging = new CountDownLatch(1);
        core.start(() -> {
            hogging.countDown();
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
            interrupted.incrementAndGet();
        });
        hogging.await();
        core.start(() -> countIfInterrupted(interrupted)); // behind the hog: cannot have begun
        cores.shutdownNow();
        assertTrue(cores.awaitTermination(Waiting.DEADLINE));
        assertEquals(5, interrupted.get());
    }

    @Test
    void aCloseThatIsInterruptedInterruptsTheTasksAndStillWaits() throws Exception {
        CoreManager cores = builder(TaskMode.VIRTUAL).start();
        AtomicBoolean ended = new AtomicBoolean();
        cores.on(CPU).start(() -> {
            LockSupport.park();
            ended.set(true);
        });
        AtomicBoolean status = new AtomicBoolean();
        Thread closer = Thread.ofPlatform().start(() -> {
            cores.close();
            status.set(Thread.currentThread().isInterrupted());
        });
        Waiting.until("admission has ended", cores::isShutdown);
        closer.interrupt();
        closer.join();
        assertTrue(ended.get());
        assertTrue(status.get());
    }

    @Test
    void aTaskThatClosesItsOwnManagerIsToldSo() throws Exception {
        try (CoreManager cores = builder(TaskMode.VIRTUAL).start()) {
            Future<IllegalStateException> refusal =
                    cores.on(CPU).submit(() -> assertThrows(IllegalStateException.class, cores::close));
            assertTrue(String.valueOf(refusal.get().getMessage()).contains("would wait for itself"));
        }
    }

    @Test
    void aCloseWithADeadlineSaysWhatWasDrainedCancelledAndLeft() throws Exception {
        CoreManager cores = builder(TaskMode.VIRTUAL).cores(CpuSet.of(CPU)).start();
        Core core = cores.on(CPU);
        CountDownLatch stubborn = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        core.start(() -> awaitUninterruptibly(stubborn));
        for (int i = 0; i < 2; i++) {
            core.start(LockSupport::park);
        }
        for (int i = 0; i < 3; i++) {
            core.start(() -> awaitUninterruptibly(closing));
        }
        Thread.ofPlatform().start(() -> {
            Waiting.until("admission has ended", cores::isShutdown);
            closing.countDown();
        });
        // The drain outlasts the three by far, and the cancelled two by far outlast nothing: they end when interrupted.
        CloseReport report = cores.closeWithin(Duration.ofSeconds(2), Duration.ofSeconds(2));
        assertEquals(new CloseReport(List.of(new CloseReport.CoreOutcome(CPU, 3, 2, 1))), report);
        assertFalse(report.isComplete());
        assertFalse(cores.isTerminated());
        stubborn.countDown();
        assertTrue(cores.awaitTermination(Waiting.DEADLINE));
    }

    @Test
    void statisticsCountWhatTheCoreDid() throws Exception {
        CoreManager cores = builder(TaskMode.VIRTUAL)
                .cores(CpuSet.of(CPU))
                .idleStrategy(IdleStrategy.park())
                .uncaughtExceptionHandler((thread, thrown) -> {})
                .start();
        Core core = cores.on(CPU);
        Waiting.until("the idle carrier has parked", () -> core.statistics().parks() == 1);
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

    /** A virtual thread that a task leaves behind is nobody's task, and still runs on its core, after the close. */
    @Test
    void aChildThatOutlivesTheManagerIsStillRunOnItsCore() throws Exception {
        AtomicReference<Thread> child = new AtomicReference<>();
        AtomicInteger strayed = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        try (CoreManager cores =
                builder(TaskMode.VIRTUAL).cores(CpuSet.of(CPU)).name("outlived").start()) {
            cores.on(CPU)
                    .submit(() -> {
                        child.set(Thread.startVirtualThread(() -> {
                            await(go);
                            for (int i = 0; i < 100; i++) {
                                LockSupport.parkNanos(10_000);
                                if (ThreadAffinity.currentCpu() != CPU) {
                                    strayed.incrementAndGet();
                                }
                            }
                        }));
                        return null;
                    })
                    .get();
        }
        assertEquals(List.of(), threadsNamed("outlived"));
        go.countDown();
        child.get().join();
        assertEquals(0, strayed.get());
        Waiting.until("no carrier is left", () -> threadsNamed("outlived").isEmpty());
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

    /** Nobody waits for a child, not even for one that is always runnable. */
    @Test
    void aRunnableChildDoesNotHoldUpTheClose() throws Exception {
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<Thread> child = new AtomicReference<>();
        CoreManager cores = builder(TaskMode.VIRTUAL).name("yielding").start();
        cores.on(CPU)
                .submit(() -> {
                    child.set(Thread.startVirtualThread(() -> {
                        while (!stop.get()) {
                            Thread.yield();
                        }
                    }));
                    return null;
                })
                .get();
        cores.close();
        assertTrue(cores.isTerminated());
        assertTrue(child.get().isAlive());
        stop.set(true);
        child.get().join();
        Waiting.until("no carrier is left", () -> threadsNamed("yielding").isEmpty());
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
    void extremeDurationsAreCutToWhatTheClockCanHold() throws Exception {
        Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
        Duration mostNegative = Duration.ofSeconds(Long.MIN_VALUE);
        CoreManager cores = builder(TaskMode.VIRTUAL)
                .idleStrategy(IdleStrategy.spinThenPark(longest))
                .start();
        assertFalse(cores.awaitTermination(mostNegative));
        assertTrue(cores.closeWithin(longest, mostNegative).isComplete());
    }

    /** Start against close: a task is either refused or waited for. */
    @Test
    void aTaskThatWasAdmittedWhileTheManagerClosedHasEndedAfterwards() throws Exception {
        for (int round = 0; round < 200; round++) {
            CoreManager cores = builder(TaskMode.VIRTUAL)
                    .cores(CpuSet.of(CPU))
                    .idleStrategy(round % 2 == 0 ? IdleStrategy.park() : IdleStrategy.spinThenPark())
                    .start();
            AtomicInteger admitted = new AtomicInteger();
            AtomicInteger ended = new AtomicInteger();
            CountDownLatch first = new CountDownLatch(1);
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    while (true) {
                        cores.on(CPU).start(ended::incrementAndGet);
                        admitted.incrementAndGet();
                        first.countDown();
                    }
                } catch (RejectedExecutionException closed) {
                    // the end of it
                }
            });
            first.await();
            cores.close();
            int endedAtClose = ended.get();
            sender.join();
            assertEquals(admitted.get(), endedAtClose);
        }
    }

    @Test
    void aManagerLeavesNoThreadAndNoMemoryBehind() throws Exception {
        for (int i = 0; i < 20; i++) {
            openUseAndClose();
        }
        long residentBefore = residentKiB();
        int threadsBefore = kernelThreads();
        for (int i = 0; i < 200; i++) {
            openUseAndClose();
        }
        Waiting.until("no thread is left", () -> threadsNamed("leak-check").isEmpty());
        Waiting.until(
                "as many kernel threads as before, give or take the JVM's own",
                () -> kernelThreads() <= threadsBefore + 2);
        // 200 carriers' stacks alone would be 200 MiB reserved and some 20 MiB touched.
        long grownKiB = residentKiB() - residentBefore;
        assertTrue(grownKiB < 64 << 10, "resident memory grew by " + grownKiB + " KiB");
    }

    private static void openUseAndClose() throws Exception {
        try (CoreManager cores = builder(TaskMode.VIRTUAL).name("leak-check").start()) {
            for (int cpu : cores.cores()) {
                cores.on(cpu)
                        .submit(() -> {
                            Thread.sleep(0, 1_000);
                            return null;
                        })
                        .get();
            }
        }
    }

    private static long residentKiB() throws Exception {
        System.gc();
        try (var lines = java.nio.file.Files.lines(java.nio.file.Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static int kernelThreads() {
        String[] ids = new java.io.File("/proc/self/task").list();
        return ids == null ? 0 : ids.length;
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

    private static void countIfInterrupted(AtomicInteger interrupted) {
        if (Thread.currentThread().isInterrupted()) {
            interrupted.incrementAndGet();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                // on purpose deaf to it
            }
        }
    }
}
