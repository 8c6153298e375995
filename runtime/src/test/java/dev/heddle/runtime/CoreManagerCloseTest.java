package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a manager ends, and what it leaves: nothing. */
final class CoreManagerCloseTest {
    private static final int CPU = ThreadAffinity.ofProcess().first();

    private static CoreManagerBuilder builder(TaskMode mode) {
        return CoreManager.builder().mode(mode).name("test");
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
        CoreManager cores = builder(TaskMode.VIRTUAL).exclusive(CpuSet.of(CPU)).start();
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

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aTaskThatClosesItsOwnManagerIsToldSo(TaskMode mode) throws Exception {
        try (CoreManager cores = builder(mode).start()) {
            for (TaskLauncher place : List.of(cores.on(CPU), cores.on(CPU).preferred(), cores.anywhere())) {
                Future<?> refusal = place.submit(() -> refuses(cores));
                refusal.get();
            }
        }
    }

    private static @Nullable Void refuses(CoreManager cores) {
        for (Executable close : List.<Executable>of(
                cores::close, () -> cores.closeWithin(Duration.ofSeconds(1), Duration.ofSeconds(1)))) {
            IllegalStateException refusal = assertThrows(IllegalStateException.class, close);
            assertTrue(String.valueOf(refusal.getMessage()).contains("would wait for itself"), refusal.getMessage());
        }
        return null;
    }

    /** It is a task of the manager still. */
    @Test
    void aTaskOfARemovedCoreThatClosesTheManagerIsToldSo() throws Exception {
        int first = ThreadAffinity.ofProcess().first();
        int last = ThreadAffinity.ofProcess().last();
        Assumptions.assumeTrue(first != last, "SKIPPED: needs two CPUs");
        try (CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(first, last))
                .start()) {
            CountDownLatch began = new CountDownLatch(1);
            CountDownLatch removed = new CountDownLatch(1);
            Future<?> refusal = cores.on(last).submit(() -> {
                began.countDown();
                awaitUninterruptibly(removed);
                return refuses(cores);
            });
            began.await();
            cores.resize(CpuSet.of(first), ResizePolicy.FAIL);
            removed.countDown();
            refusal.get();
        }
    }

    @Test
    void exclusiveCpusThatCannotBeHadAreRefused() {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> builder(TaskMode.VIRTUAL).exclusive(CpuSet.of(4000)).start());
        assertTrue(String.valueOf(e.getMessage()).startsWith("the machine has no CPU 4000"), e.getMessage());
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
        assertEquals(
                new CloseReport(
                        List.of(new CloseReport.CoreOutcome(CPU, 3, 2, 1)),
                        new CloseReport.CoreOutcome(CloseReport.CoreOutcome.NO_CORE, 0, 0, 0)),
                report);
        assertFalse(report.isComplete());
        assertFalse(cores.isTerminated());
        stubborn.countDown();
        assertTrue(cores.awaitTermination(Waiting.DEADLINE));
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
        assertEquals(List.of(), CoreManagerTest.threadsNamed("outlived"));
        go.countDown();
        child.get().join();
        assertEquals(0, strayed.get());
        Waiting.until(
                "no carrier is left",
                () -> CoreManagerTest.threadsNamed("outlived").isEmpty());
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
        Waiting.until(
                "no carrier is left",
                () -> CoreManagerTest.threadsNamed("yielding").isEmpty());
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
        Waiting.until(
                "no thread is left",
                () -> CoreManagerTest.threadsNamed("leak-check").isEmpty());
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
