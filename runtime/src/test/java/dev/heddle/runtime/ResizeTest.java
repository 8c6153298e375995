package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cores that come and go while tasks run. */
final class ResizeTest {
    private static final CpuSet ALL = ThreadAffinity.ofProcess();
    private static final int FIRST = ALL.first();
    private static final int LAST = ALL.last();
    private static final long SMALL_STACK = 160 << 10;
    private static final CpuSet WITHOUT_LAST = ALL.minus(CpuSet.of(LAST));

    @BeforeEach
    void requireTwoCpus() {
        assumeTrue(ALL.size() >= 2, "one CPU: there is none to remove");
    }

    /** Returns when a task is there that goes on, without a suspension, until it may end. */
    private static void holdUp(Core core, AtomicBoolean mayEnd) throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        core.start(() -> {
            begun.countDown();
            Waiting.spinUntil("it may end", mayEnd::get);
        });
        begun.await();
    }

    private static CoreManager start(TaskMode mode) {
        return CoreManager.builder().mode(mode).name("resize").start();
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aCoreWithoutTasksGoesAndComesBack(TaskMode mode) throws Exception {
        try (CoreManager cores = start(mode)) {
            Core gone = cores.on(LAST);
            for (int i = 0; i < 20; i++) {
                cores.resize(WITHOUT_LAST);
                assertEquals(WITHOUT_LAST, cores.cores());
                assertThrows(IllegalArgumentException.class, () -> cores.on(LAST));
                assertEquals(
                        FIRST,
                        cores.on(FIRST).submit(ThreadAffinity::currentCpu).get());
                assertTrue(WITHOUT_LAST.contains(
                        cores.anywhere().submit(ThreadAffinity::currentCpu).get()));
                cores.resize(ALL);
                assertEquals(
                        LAST, cores.on(LAST).submit(ThreadAffinity::currentCpu).get());
            }
            RejectedExecutionException e = assertThrows(RejectedExecutionException.class, () -> gone.start(() -> {}));
            assertTrue(String.valueOf(e.getMessage()).contains("a resize has removed it"), e.getMessage());
            assertThrows(
                    RejectedExecutionException.class, () -> gone.preferred().start(() -> {}));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aCoreWithTasksStaysUnlessAPolicySaysOtherwise(TaskMode mode) throws Exception {
        try (CoreManager cores = start(mode)) {
            CountDownLatch open = new CountDownLatch(1);
            Future<Integer> waits = cores.on(LAST).submit(() -> {
                open.await();
                return ThreadAffinity.currentCpu();
            });
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> cores.resize(WITHOUT_LAST));
            assertTrue(String.valueOf(e.getMessage()).contains("1 of its tasks have not ended"), e.getMessage());
            assertEquals(ALL, cores.cores());
            assertEquals(LAST, cores.on(LAST).submit(ThreadAffinity::currentCpu).get());
            open.countDown();
            assertEquals(LAST, waits.get());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void failingInterruptsTheTasksAndServesThemToTheirEndWhereTheyAre(TaskMode mode) throws Exception {
        try (CoreManager cores = start(mode)) {
            CountDownLatch begun = new CountDownLatch(1);
            AtomicInteger seen = new AtomicInteger(-1);
            Thread waits = cores.on(LAST).start(() -> {
                begun.countDown();
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.yield();
                    seen.set(ThreadAffinity.currentCpu());
                }
            });
            begun.await();
            cores.resize(WITHOUT_LAST, ResizePolicy.FAIL);
            assertEquals(WITHOUT_LAST, cores.cores());
            waits.join();
            assertEquals(LAST, seen.get());
        }
    }

    @Test
    void movedTasksGoOnAtACoreThatStays() throws Exception {
        try (CoreManager cores = start(TaskMode.VIRTUAL)) {
            CountDownLatch open = new CountDownLatch(1);
            Future<Integer> waits = cores.on(LAST).submit(() -> {
                open.await();
                return ThreadAffinity.currentCpu();
            });
            AtomicBoolean over = new AtomicBoolean();
            AtomicInteger seen = new AtomicInteger(-1);
            CountDownLatch running = new CountDownLatch(1);
            Thread yields = cores.on(LAST).start(() -> {
                running.countDown();
                while (!over.get()) {
                    Thread.yield();
                    seen.set(ThreadAffinity.currentCpu());
                }
            });
            running.await();
            cores.resize(WITHOUT_LAST, ResizePolicy.MOVE);
            Waiting.until("it has moved", () -> seen.get() == FIRST);
            open.countDown();
            assertEquals(FIRST, waits.get());
            over.set(true);
            yields.join();
            cores.resize(ALL);
            assertEquals(LAST, cores.on(LAST).submit(ThreadAffinity::currentCpu).get());
        }
    }

    @Test
    void movedTasksMoveOnWhenTheirNewCoreGoesToo() throws Exception {
        try (CoreManager cores = start(TaskMode.VIRTUAL)) {
            Thread[] parked = new Thread[10];
            AtomicInteger seen = new AtomicInteger();
            for (int i = 0; i < parked.length; i++) {
                parked[i] = cores.on(LAST).start(() -> {
                    LockSupport.park();
                    seen.addAndGet(ThreadAffinity.currentCpu() == LAST ? 1 : 100);
                });
            }
            for (Thread each : parked) {
                Waiting.until("parked", () -> each.getState() == Thread.State.WAITING);
            }
            cores.resize(CpuSet.of(FIRST), ResizePolicy.MOVE);
            cores.resize(CpuSet.of(LAST), ResizePolicy.MOVE);
            for (Thread each : parked) {
                LockSupport.unpark(each);
            }
            for (Thread each : parked) {
                each.join();
            }
            assertEquals(10, seen.get());
        }
    }

    /** Each move makes the way longer that leads to where the task is served. */
    @Test
    void aTaskThatHasMovedThousandsOfTimesIsServed() throws Exception {
        try (CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(FIRST))
                .start()) {
            Thread parked = cores.on(FIRST).start(LockSupport::park);
            Waiting.until("parked", () -> parked.getState() == Thread.State.WAITING);
            for (int i = 0; i < 2_000; i++) {
                cores.resize(CpuSet.of(LAST), ResizePolicy.MOVE);
                cores.resize(CpuSet.of(FIRST), ResizePolicy.MOVE);
            }
            Thread waker = new Thread(null, () -> LockSupport.unpark(parked), "waker", SMALL_STACK);
            waker.start();
            waker.join();
            assertTrue(parked.join(Waiting.DEADLINE));
        }
    }

    /** Those that wait need not wait for the task that holds up their core: nothing runs beside it there. */
    @ParameterizedTest
    @EnumSource
    void whatWaitsBesideATaskThatComputesMoves(HogPolicy hogs) throws Exception {
        CoreManagerBuilder builder = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(FIRST, LAST))
                .hogs(hogs);
        AtomicBoolean mayEnd = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger endedOn = new AtomicInteger(-1);
        try (CoreManager cores = builder.start()) {
            try {
                cores.on(LAST).start(() -> {
                    begun.countDown();
                    Waiting.spinUntil("it may end", mayEnd::get);
                    Thread.yield();
                    endedOn.set(ThreadAffinity.currentCpu());
                });
                begun.await();
                CompletableFuture<Integer> waits = new CompletableFuture<>();
                cores.on(LAST).start(() -> waits.complete(ThreadAffinity.currentCpu()));
                cores.resize(CpuSet.of(FIRST), ResizePolicy.MOVE);
                int ranOn = waits.get(60, TimeUnit.SECONDS);
                assertTrue(ranOn == FIRST || hogs == HogPolicy.SHARE, "on " + ranOn);
            } finally {
                mayEnd.set(true);
            }
        }
        assertEquals(FIRST, endedOn.get());
    }

    /** Its tasks share data without locks: while one is between two suspensions none runs, not even on another core. */
    @Test
    void noTaskOfAnExclusiveCoreRunsElsewhereBeforeTheOneThatRunsSuspends() throws Exception {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger together = new AtomicInteger();
        AtomicInteger seen = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        AtomicBoolean mayGoOn = new AtomicBoolean();
        Runnable section = () -> {
            together.addAndGet(inside.getAndIncrement());
            seen.addAndGet(ThreadAffinity.currentCpu() == FIRST ? 1 : 100);
            inside.getAndDecrement();
        };
        try (CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(FIRST, LAST))
                .exclusive(CpuSet.of(LAST))
                .start()) {
            Thread parked = cores.on(LAST).start(() -> {
                LockSupport.park();
                section.run();
            });
            Waiting.until("parked", () -> parked.getState() == Thread.State.WAITING);
            cores.on(LAST).start(() -> {
                inside.getAndIncrement();
                begun.countDown();
                Waiting.spinUntil("it may go on", mayGoOn::get);
                inside.getAndDecrement();
                Thread.yield();
                section.run();
            });
            begun.await();
            cores.on(LAST).start(section); // it waits in the channel
            cores.resize(CpuSet.of(FIRST), ResizePolicy.MOVE);
            LockSupport.unpark(parked); // it comes now
            for (int i = 0; i < 20; i++) {
                cores.on(FIRST).submit(() -> 0).get(); // the core that the others go to is served all the while
            }
            assertEquals(0, seen.get());
            mayGoOn.set(true);
        }
        assertEquals(0, together.get());
        assertEquals(3, seen.get());
    }

    /** A blocking call is a suspension too. */
    @Test
    void aTaskThatComesBackFromABlockingCallGoesOnWhereItHasMoved() throws Exception {
        try (CoreManager cores = start(TaskMode.VIRTUAL)) {
            CountDownLatch inCall = new CountDownLatch(1);
            AtomicBoolean mayReturn = new AtomicBoolean();
            Future<Integer> after = cores.on(LAST).submit(() -> {
                Blocking.run(() -> {
                    inCall.countDown();
                    Waiting.spinUntil("it may return", mayReturn::get);
                });
                return ThreadAffinity.currentCpu();
            });
            inCall.await();
            cores.resize(WITHOUT_LAST, ResizePolicy.MOVE);
            mayReturn.set(true);
            assertTrue(WITHOUT_LAST.contains(after.get()));
        }
    }

    @Test
    void aRefusedResizeRunsNothingOnTheCoresThatItWouldHaveAdded() throws Exception {
        AtomicBoolean mayGoOn = new AtomicBoolean();
        AtomicInteger ran = new AtomicInteger();
        AtomicInteger elsewhere = new AtomicInteger();
        try (CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(FIRST))
                .hogs(HogPolicy.REPORT)
                .start()) {
            try {
                holdUp(cores.on(FIRST), mayGoOn);
                for (int i = 0; i < 50; i++) {
                    cores.anywhere().start(() -> {
                        ran.incrementAndGet();
                        if (ThreadAffinity.currentCpu() != FIRST) {
                            elsewhere.incrementAndGet();
                        }
                    });
                }
                assertThrows(IllegalStateException.class, () -> cores.resize(CpuSet.of(LAST)));
                assertEquals(0, ran.get());
            } finally {
                mayGoOn.set(true);
            }
        }
        assertEquals(50, ran.get());
        assertEquals(0, elsewhere.get());
    }

    private static Runnable awaits(CountDownLatch latch) {
        return () -> {
            try {
                latch.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
    }

    /** Its place has been closed, and been empty, by the time that it starts. */
    @Test
    void closeWaitsForAThreadOfAFactoryThatStartsWhenItsCoreHasGone() throws Exception {
        CoreManager cores = start(TaskMode.VIRTUAL);
        CountDownLatch open = new CountDownLatch(1);
        Thread late = cores.on(LAST).threadFactory().newThread(awaits(open));
        cores.resize(WITHOUT_LAST);
        late.start();
        cores.shutdown();
        assertFalse(cores.isTerminated());
        assertFalse(cores.awaitTermination(Duration.ofMillis(10)));
        open.countDown();
        cores.close();
        assertFalse(late.isAlive());
    }

    /** When the close had passed the place of that one by already. */
    @Test
    void closeWaitsForAThreadOfAFactoryThatTheLastTaskOfAnotherCoreStarts() throws Exception {
        CoreManager cores = start(TaskMode.VIRTUAL);
        CountDownLatch open = new CountDownLatch(1);
        Thread late = cores.on(FIRST).threadFactory().newThread(awaits(open));
        CountDownLatch mayStart = new CountDownLatch(1);
        Thread last = cores.on(LAST).start(() -> {
            awaits(mayStart).run();
            late.start();
        });
        AtomicBoolean aliveAfterClose = new AtomicBoolean();
        Thread closer = Thread.ofPlatform().start(() -> {
            cores.close();
            aliveAfterClose.set(late.isAlive());
        });
        Waiting.until("the close waits", () -> closer.getState() == Thread.State.TIMED_WAITING);
        mayStart.countDown();
        last.join();
        boolean closed = closer.join(Duration.ofMillis(100));
        open.countDown();
        closer.join();
        assertFalse(closed);
        assertFalse(aliveAfterClose.get());
    }

    /** The publisher is the only core that stays, and must not look for others that are counted and cannot be found. */
    @Test
    void aTaskMayResizeItsOwnManagerAndPublishMeanwhile() throws Exception {
        try (CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .hogs(HogPolicy.REPORT)
                .start()) {
            AtomicInteger ran = new AtomicInteger();
            cores.on(FIRST)
                    .submit(() -> {
                        for (int i = 0; i < 50; i++) {
                            cores.anywhere().start(ran::incrementAndGet);
                            cores.resize(CpuSet.of(FIRST), ResizePolicy.FAIL);
                            cores.anywhere().start(ran::incrementAndGet);
                            cores.anywhere().start(ran::incrementAndGet);
                            cores.resize(ALL);
                        }
                        return 0;
                    })
                    .get();
            Waiting.until("all ran", () -> ran.get() == 150);
        }
    }

    /** The task on the core that goes never suspends, and no other carrier may have the core: it cannot hand on what waits there. */
    @Test
    void othersTakeWhatWaitsOnACoreThatIsHeldUpWhenItGoes() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        AtomicBoolean firstMayGoOn = new AtomicBoolean();
        AtomicBoolean lastMayGoOn = new AtomicBoolean();
        AtomicInteger ranOnFirst = new AtomicInteger();
        Runnable look = () -> {
            if (ThreadAffinity.currentCpu() == FIRST) {
                ranOnFirst.incrementAndGet();
            }
        };
        try (CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(FIRST, LAST))
                .hogs(HogPolicy.REPORT)
                .start()) {
            try {
                Thread[] parked = new Thread[2];
                for (int i = 0; i < parked.length; i++) {
                    Thread each = cores.anywhere().start(() -> {
                        LockSupport.park();
                        look.run();
                    });
                    parked[i] = each;
                    Waiting.until("parked", () -> each.getState() == Thread.State.WAITING);
                }
                holdUp(cores.on(FIRST), firstMayGoOn);
                cores.on(LAST).start(() -> {
                    cores.anywhere().start(look);
                    cores.on(LAST).preferred().start(look);
                    LockSupport.unpark(parked[0]); // it is next
                    LockSupport.unpark(parked[1]); // this one is now, and the other one ready
                    held.countDown();
                    Waiting.spinUntil("the last core may go on", lastMayGoOn::get);
                });
                held.await();
                assertEquals(0, ranOnFirst.get());
                cores.resize(CpuSet.of(FIRST), ResizePolicy.FAIL);
                firstMayGoOn.set(true);
                Waiting.until("all four have run on the first core", () -> ranOnFirst.get() == 4);
            } finally {
                firstMayGoOn.set(true);
                lastMayGoOn.set(true);
            }
        }
    }

    @Test
    void whatCannotBeIsRefusedAndChangesNothing() {
        CoreManager cores = start(TaskMode.VIRTUAL);
        try (cores) {
            assertThrows(IllegalArgumentException.class, () -> cores.resize(CpuSet.empty()));
            assertThrows(IllegalArgumentException.class, () -> cores.resize(CpuSet.of(4000)));
            assertEquals(ALL, cores.cores());
        }
        assertThrows(IllegalStateException.class, () -> cores.resize(ALL));
    }

    @Test
    void aCoreThatCannotBePinnedIsNotAddedAndNothingElseChanges() throws Exception {
        AtomicBoolean gone = new AtomicBoolean();
        try (CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(FIRST))
                .pinning(cpus -> {
                    if (gone.get()) {
                        throw new IllegalStateException("CPU " + cpus + " went away");
                    }
                })
                .start()) {
            gone.set(true);
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> cores.resize(CpuSet.of(LAST)));
            assertTrue(String.valueOf(e.getMessage()).contains("went away"), e.getMessage());
            assertEquals(CpuSet.of(FIRST), cores.cores());
            assertEquals(1, cores.on(FIRST).submit(() -> 1).get());
            assertFalse(cores.anywhere().submit(() -> false).get());
        }
    }

    /** Senders of every kind while a core comes and goes: what was accepted runs, once, and pinned tasks where they should. */
    @Test
    void nothingIsLostWhileACoreComesAndGoes() throws Exception {
        AtomicLong accepted = new AtomicLong();
        AtomicLong ran = new AtomicLong();
        AtomicLong misplaced = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        CoreManager cores = start(TaskMode.VIRTUAL);
        Thread[] senders = new Thread[3];
        for (int s = 0; s < senders.length; s++) {
            int kind = s;
            senders[s] = Thread.ofPlatform().start(() -> {
                while (!over.get()) {
                    try {
                        Runnable task = () -> {
                            Thread.yield();
                            if (kind == 0 && ThreadAffinity.currentCpu() != LAST) {
                                misplaced.incrementAndGet();
                            }
                            ran.incrementAndGet();
                        };
                        TaskLauncher place = kind == 2 ? cores.anywhere() : cores.on(LAST);
                        (kind == 1 ? cores.on(LAST).preferred() : place).start(task);
                        accepted.incrementAndGet();
                    } catch (IllegalArgumentException | RejectedExecutionException goneJustNow) {
                        Thread.onSpinWait();
                    }
                    if (accepted.get() - ran.get() > 1_000) {
                        Thread.yield();
                    }
                }
            });
        }
        int refused = 0;
        for (int i = 0; i < 200; i++) {
            try {
                cores.resize(WITHOUT_LAST, i % 2 == 0 ? ResizePolicy.REFUSE : ResizePolicy.FAIL);
            } catch (IllegalStateException hasTasks) {
                refused++;
            }
            cores.resize(ALL);
        }
        over.set(true);
        for (Thread sender : senders) {
            sender.join();
        }
        // Whoever has come or gone, in whatever state: none is counted that is not there.
        Waiting.until("all rest, and are counted", () -> {
            SchedulerStatistics now = cores.schedulerStatistics();
            return now.idle() == now.cores() && now.spinning() == 0;
        });
        cores.close();
        assertEquals(accepted.get(), ran.get());
        assertEquals(0, misplaced.get());
        assertTrue(refused < 200);
    }
}
