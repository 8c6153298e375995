package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Capacity and what happens beyond it. A hog keeps the core's carrier, so that nothing behind it can begin. */
final class AdmissionTest {
    private static final int CPU = ThreadAffinity.ofProcess().first();
    private static final int CAPACITY = 3;

    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicInteger ran = new AtomicInteger();

    @AfterEach
    void letGo() {
        release.countDown();
    }

    private CoreManager hogged(OverflowPolicy policy) throws InterruptedException {
        CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(CPU))
                .capacity(CAPACITY)
                .overflow(policy)
                .exclusive(CpuSet.of(CPU)) // the hog keeps the core, however long it takes
                .name("small")
                .start();
        CountDownLatch begun = new CountDownLatch(1);
        cores.on(CPU).start(() -> {
            begun.countDown();
            while (release.getCount() > 0) {
                Thread.onSpinWait();
            }
        });
        begun.await();
        return cores;
    }

    private void fill(CoreManager cores) {
        for (int i = 0; i < CAPACITY; i++) {
            cores.on(CPU).start(ran::incrementAndGet);
        }
    }

    @Test
    void rejectRefusesExactlyBeyondTheCapacity() throws Exception {
        try (CoreManager cores = hogged(OverflowPolicy.REJECT)) {
            fill(cores);
            RejectedExecutionException e = assertThrows(
                    RejectedExecutionException.class, () -> cores.on(CPU).start(ran::incrementAndGet));
            assertTrue(String.valueOf(e.getMessage()).contains("core " + CPU + " has 3 tasks waiting"), e.getMessage());
            assertThrows(
                    RejectedExecutionException.class,
                    () -> cores.on(CPU).executor().execute(() -> {}));
            assertThrows(
                    RejectedExecutionException.class,
                    () -> cores.on(CPU).threadFactory().newThread(() -> {}));
            release.countDown();
            Waiting.until("the three ran", () -> ran.get() == CAPACITY);
            cores.on(CPU).start(ran::incrementAndGet).join();
        }
        assertEquals(CAPACITY + 1, ran.get());
    }

    @Test
    void blockWaitsForAPlace() throws Exception {
        try (CoreManager cores = hogged(OverflowPolicy.BLOCK)) {
            fill(cores);
            FutureTask<Thread> fourth = new FutureTask<>(() -> cores.on(CPU).start(ran::incrementAndGet));
            Thread sender = Thread.ofPlatform().start(fourth);
            Waiting.until("the sender waits", () -> sender.getState() == Thread.State.WAITING);
            assertFalse(fourth.isDone());
            release.countDown();
            fourth.get().join();
        }
        assertEquals(CAPACITY + 1, ran.get());
    }

    @Test
    void aTaskThatFillsItsOwnCoreParksAndLetsItGoOn() throws Exception {
        release.countDown();
        try (CoreManager cores = hogged(OverflowPolicy.BLOCK)) {
            cores.on(CPU)
                    .submit(() -> {
                        for (int i = 0; i < 1_000; i++) {
                            cores.on(CPU).start(ran::incrementAndGet);
                        }
                        return null;
                    })
                    .get();
        }
        assertEquals(1_000, ran.get());
    }

    @Test
    void anInterruptEndsTheWaitAndTheTaskIsNotStarted() throws Exception {
        try (CoreManager cores = hogged(OverflowPolicy.BLOCK)) {
            fill(cores);
            FutureTask<Boolean> sender = new FutureTask<>(() -> {
                assertThrows(
                        RejectedExecutionException.class, () -> cores.on(CPU).start(ran::incrementAndGet));
                return Thread.currentThread().isInterrupted();
            });
            Thread thread = Thread.ofPlatform().start(sender);
            Waiting.until("the sender waits", () -> thread.getState() == Thread.State.WAITING);
            thread.interrupt();
            assertTrue(sender.get());
            release.countDown();
        }
        assertEquals(CAPACITY, ran.get());
    }

    @Test
    void aShutdownEndsTheWaitToo() throws Exception {
        CoreManager cores = hogged(OverflowPolicy.BLOCK);
        fill(cores);
        FutureTask<Throwable> sender = new FutureTask<>(() -> {
            try {
                cores.on(CPU).start(ran::incrementAndGet);
                return new AssertionError("was admitted");
            } catch (RejectedExecutionException e) {
                return e;
            }
        });
        Thread thread = Thread.ofPlatform().start(sender);
        Waiting.until("the sender waits", () -> thread.getState() == Thread.State.WAITING);
        cores.shutdown();
        assertInstanceOf(RejectedExecutionException.class, sender.get());
        release.countDown();
        cores.close();
        assertEquals(CAPACITY, ran.get());
    }

    /** INV-6: what has begun resumes, however full the core is. */
    @Test
    void aResumptionNeedsNoPlace() throws Exception {
        release.countDown();
        try (CoreManager cores = hogged(OverflowPolicy.REJECT)) {
            CountDownLatch parked = new CountDownLatch(10);
            CountDownLatch go = new CountDownLatch(1);
            for (int i = 0; i < 10; i++) {
                CountDownLatch begun = new CountDownLatch(1);
                cores.on(CPU).start(() -> {
                    parked.countDown();
                    begun.countDown();
                    try {
                        go.await();
                        ran.incrementAndGet();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
                begun.await();
            }
            parked.await();
            go.countDown();
        }
        assertEquals(10, ran.get());
    }

    @Test
    void aCapacityBelowOneIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> CoreManager.builder().capacity(0));
    }
}
