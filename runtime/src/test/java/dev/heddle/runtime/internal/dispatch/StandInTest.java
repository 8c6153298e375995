package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.HogPolicy;
import dev.heddle.runtime.TaskMode;
import dev.heddle.runtime.Waiting;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class StandInTest {
    private static final int CPU = ThreadAffinity.ofProcess().last();

    private long now = System.nanoTime();

    private VirtualCoreContext[] cores = {};
    private int looks;
    private int calls;
    private Runnable duringALook = () -> {};
    private final StandIn standIn = new StandIn(
            now,
            () -> {
                looks++;
                duringALook.run();
                return cores;
            },
            () -> calls++);

    /** The next look that is due. */
    private void look() {
        now += StandIn.PAUSE_NANOS;
        standIn.lookIfDue(now);
    }

    @Test
    void isTrustedForAsLongAsItLooks() {
        assertFalse(standIn.isTrusted(now), "nobody has looked");
        standIn.lookIfDue(now);
        assertTrue(standIn.isTrusted(now));
        assertTrue(standIn.isTrusted(now + StandIn.PAUSE_NANOS - 1));
        assertFalse(standIn.isTrusted(now + StandIn.PAUSE_NANOS), "nobody looks any longer");
        assertEquals(0, calls);
    }

    @Test
    void looksNoMoreOftenThanIsDue() {
        look();
        standIn.lookIfDue(now);
        standIn.lookIfDue(now + StandIn.PAUSE_NANOS - 1);
        assertEquals(1, looks);
        standIn.lookIfDue(now + StandIn.PAUSE_NANOS);
        assertEquals(2, looks);
    }

    /** What has got on since a look of long ago may have stopped soon after that. */
    @Test
    void isTrustedOnlyIfTheLookBeforeIsRecent() {
        look();
        now += 2 * StandIn.PAUSE_NANOS;
        standIn.lookIfDue(now);
        assertFalse(standIn.isTrusted(now));
        look();
        assertTrue(standIn.isTrusted(now));
        now += 2 * StandIn.PAUSE_NANOS - 1;
        standIn.lookIfDue(now);
        assertTrue(standIn.isTrusted(now));
    }

    @Test
    void callsWhenACoreIsInTheSameTaskAsAtTheLastLook() throws Exception {
        try (HeldCore held = new HeldCore()) {
            cores = new VirtualCoreContext[] {held.context};
            look();
            assertFalse(standIn.isTrusted(now), "it may have been in this task for long");
            assertEquals(0, calls);
            look();
            assertFalse(standIn.isTrusted(now));
            assertEquals(1, calls);
            look();
            assertEquals(2, calls, "the monitor may have come and gone");
            held.release();
            held.core.submit(() -> {}).get(); // or it may be at the end of that task
            look();
            assertTrue(standIn.isTrusted(now));
            assertEquals(2, calls);
        }
    }

    @Test
    void aCoreThatRunsNothingNeedNotGetOn() throws Exception {
        try (CoreManager manager = oneCore()) {
            VirtualCoreContext context = contextOf(manager.on(CPU));
            cores = new VirtualCoreContext[] {context};
            Waiting.spinUntil("the core is in no task", () -> !context.runsTask());
            look();
            long dispatches = context.counters().dispatches();
            look();
            look();
            assertEquals(dispatches, context.counters().dispatches(), "it ran something, and the test says nothing");
            assertTrue(standIn.isTrusted(now));
            assertEquals(0, calls);
        }
    }

    /** By a resize: what is known of the others is in other places, or not at all. */
    @Test
    void knowsNothingOfOtherCores() throws Exception {
        try (HeldCore held = new HeldCore()) {
            standIn.lookIfDue(now);
            assertTrue(standIn.isTrusted(now));
            cores = new VirtualCoreContext[] {held.context};
            look();
            assertFalse(standIn.isTrusted(now));
            assertEquals(0, calls);
            look();
            assertEquals(1, calls);
            cores = new VirtualCoreContext[] {held.context, held.context};
            look();
            assertEquals(1, calls);
            look();
            assertEquals(2, calls);
        }
    }

    /** As two owners that spin at the same time. */
    @Test
    void oneLooksAtATime() {
        AtomicInteger others = new AtomicInteger();
        duringALook = () -> {
            others.getAndIncrement();
            standIn.lookIfDue(now + 1_000 * StandIn.PAUSE_NANOS);
        };
        look();
        assertEquals(1, looks);
        look();
        assertEquals(2, looks, "the one before has ended");
        assertEquals(2, others.get());
    }

    @Test
    void goesOnAfterALookThatHasFailed() {
        standIn.lookIfDue(now);
        assertTrue(standIn.isTrusted(now));
        duringALook = () -> {
            throw new OutOfMemoryError("for the test");
        };
        assertThrows(OutOfMemoryError.class, this::look);
        assertFalse(standIn.isTrusted(now));
        standIn.lookIfDue(now);
        assertEquals(2, looks, "it was tried again at once");
        duringALook = () -> {};
        look();
        assertEquals(3, looks);
        assertTrue(standIn.isTrusted(now));
    }

    /** Which is never handed over. */
    private static CoreManager oneCore() {
        return CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(CPU))
                .hogs(HogPolicy.REPORT)
                .start();
    }

    private static VirtualCoreContext contextOf(Core core) throws Exception {
        return core.submit(() -> Objects.requireNonNull(CarrierThread.current()).core())
                .get();
    }

    /** A core that computes in one task until it is released. */
    private static final class HeldCore implements AutoCloseable {
        final CoreManager manager = oneCore();
        final Core core = manager.on(CPU);
        final VirtualCoreContext context;
        private final CountDownLatch release = new CountDownLatch(1);
        private final Future<?> computes;

        HeldCore() throws Exception {
            context = contextOf(core);
            CountDownLatch runs = new CountDownLatch(1);
            computes = core.submit(() -> {
                runs.countDown();
                while (release.getCount() != 0) {
                    Thread.onSpinWait();
                }
            });
            runs.await();
        }

        void release() throws Exception {
            release.countDown();
            computes.get();
        }

        @Override
        public void close() {
            release.countDown();
            manager.close();
        }
    }
}
