package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class StandInTest {
    private static final int CPU = ThreadAffinity.ofProcess().last();

    private final AtomicInteger calls = new AtomicInteger();
    private long now = System.nanoTime();

    /** The next look that is due. */
    private void look(StandIn standIn) {
        now += StandIn.PAUSE_NANOS;
        standIn.lookIfDue(now);
    }

    private static CoreManager oneCore() {
        return CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(CPU))
                .start();
    }

    @Test
    void isTrustedForAsLongAsItLooks() {
        StandIn standIn = new StandIn(() -> new VirtualCoreContext[0], calls::incrementAndGet);
        now = System.nanoTime(); // it was made before
        assertFalse(standIn.isTrusted(now), "nobody has looked");
        look(standIn);
        assertTrue(standIn.isTrusted(now));
        assertTrue(standIn.isTrusted(now + StandIn.PAUSE_NANOS - 1));
        assertFalse(standIn.isTrusted(now + StandIn.PAUSE_NANOS), "nobody looks any longer");
        assertEquals(0, calls.get());
    }

    @Test
    void looksNoMoreOftenThanIsDue() {
        AtomicInteger looks = new AtomicInteger();
        StandIn standIn = new StandIn(
                () -> {
                    looks.incrementAndGet();
                    return new VirtualCoreContext[0];
                },
                calls::incrementAndGet);
        now = System.nanoTime();
        look(standIn);
        standIn.lookIfDue(now);
        standIn.lookIfDue(now + StandIn.PAUSE_NANOS - 1);
        assertEquals(1, looks.get());
        standIn.lookIfDue(now + StandIn.PAUSE_NANOS);
        assertEquals(2, looks.get());
    }

    @Test
    void callsWhenACoreIsInTheSameTaskAsAtTheLastLook() throws Exception {
        try (CoreManager cores = oneCore()) {
            Core core = cores.on(CPU);
            VirtualCoreContext context = core.submit(() ->
                            Objects.requireNonNull(CarrierThread.current()).core())
                    .get();
            StandIn standIn = new StandIn(() -> new VirtualCoreContext[] {context}, calls::incrementAndGet);
            now = System.nanoTime();
            AtomicBoolean release = new AtomicBoolean();
            CountDownLatch runs = new CountDownLatch(1);
            Future<?> computes = core.submit(() -> {
                runs.countDown();
                while (!release.get()) {
                    Thread.onSpinWait();
                }
            });
            runs.await();
            while (!context.runsTask()) {
                Thread.onSpinWait(); // the count-down has woken this thread in the middle of a dispatch
            }
            look(standIn);
            assertTrue(standIn.isTrusted(now), "it may have begun just now");
            look(standIn);
            assertFalse(standIn.isTrusted(now));
            assertEquals(1, calls.get());
            look(standIn);
            assertEquals(2, calls.get(), "the first call may have come before the nap");
            release.set(true);
            computes.get();
            core.submit(() -> {}).get(); // so that the core has got on, though it may not rest yet
            look(standIn);
            assertTrue(standIn.isTrusted(now));
            assertEquals(2, calls.get());
        }
    }

    /** As two owners that spin at the same time. */
    @Test
    void oneLooksAtATime() {
        StandIn[] standIn = new StandIn[1];
        AtomicInteger looks = new AtomicInteger();
        standIn[0] = new StandIn(
                () -> {
                    looks.incrementAndGet();
                    standIn[0].lookIfDue(now + 2 * StandIn.PAUSE_NANOS);
                    return new VirtualCoreContext[0];
                },
                calls::incrementAndGet);
        now = System.nanoTime();
        look(standIn[0]);
        assertEquals(1, looks.get());
        look(standIn[0]);
        assertEquals(2, looks.get(), "the one before has ended");
    }

    @Test
    void goesOnAfterALookThatHasFailed() {
        AtomicInteger failures = new AtomicInteger(1);
        StandIn standIn = new StandIn(
                () -> {
                    if (failures.getAndDecrement() > 0) {
                        throw new OutOfMemoryError("for the test");
                    }
                    return new VirtualCoreContext[0];
                },
                calls::incrementAndGet);
        now = System.nanoTime();
        try {
            look(standIn);
            throw new AssertionError("it has not failed");
        } catch (OutOfMemoryError expected) {
            assertFalse(standIn.isTrusted(now));
        }
        look(standIn);
        assertTrue(standIn.isTrusted(now));
    }
}
