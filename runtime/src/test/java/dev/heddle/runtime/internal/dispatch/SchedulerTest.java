package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.OverflowPolicy;
import dev.heddle.runtime.Waiting;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SchedulerTest {
    /** Those of a manager that spins not at all and hands nothing over. */
    static CoreSettings settings(Neighbourhood neighbourhood) {
        return new CoreSettings(
                "test",
                0,
                1,
                OverflowPolicy.REJECT,
                null,
                cpus -> {},
                1,
                false,
                CpuSet.empty(),
                0,
                neighbourhood,
                null);
    }

    private static VirtualCoreContext started(Scheduler scheduler, int cpu) {
        VirtualCoreContext core = scheduler.newCore(cpu);
        core.start();
        assertNull(core.awaitStarted());
        return core;
    }

    /** A resize has told the core to leave, and has not replaced the cores yet. */
    @Test
    void aCoreThatLeavesIsNotWokenForWorkOfAnyCore() throws Exception {
        Scheduler scheduler = new Scheduler(settings(new Neighbourhood(() -> null)));
        VirtualCoreContext stays = started(scheduler, 0);
        VirtualCoreContext leaves = started(scheduler, 1);
        scheduler.setCores(List.of(stays, leaves));
        scheduler.leave(leaves, stays);
        leaves.awaitCarriersGone(TimeUnit.SECONDS.toNanos(10));
        assertTrue(leaves.isResting());

        // Where a sender begins to look for a core at rest depends on its number.
        for (int sender = 0; sender < 4; sender++) {
            CountDownLatch ran = new CountDownLatch(1);
            AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
            Thread thread = Thread.ofPlatform()
                    .uncaughtExceptionHandler((each, why) -> thrown.set(why))
                    .start(() -> scheduler.execute(ran::countDown));
            thread.join();
            assertNull(thrown.get());
            assertTrue(ran.await(10, TimeUnit.SECONDS));
        }
        assertEquals(0, leaves.statistics().handOvers(), "the core was given a carrier, or handed its work on");
        scheduler.leave(stays, null);
        stays.pinned().close("the test is over");
        stays.preferred().close("the test is over");
        stays.awaitCarriersGone(TimeUnit.SECONDS.toNanos(10)); // until then it may search
        assertEquals(0, scheduler.searchers().searching());
    }

    /** A task holds the core up, so that it cannot hand on what waits there: whoever looks a last time for work must see that. */
    @Test
    void whatWaitsOnACoreThatLeavesIsWork() throws Exception {
        Scheduler scheduler = new Scheduler(settings(new Neighbourhood(() -> null)));
        VirtualCoreContext stays = scheduler.newCore(0);
        VirtualCoreContext leaves = started(scheduler, 1);
        scheduler.setCores(List.of(stays, leaves));
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(1);
        leaves.execute(() -> {
            leaves.queues().addFresh(ran::countDown);
            held.countDown();
            awaitQuietly(mayEnd);
        });
        held.await();
        scheduler.leave(leaves, null);
        scheduler.setCores(List.of(stays));
        assertTrue(scheduler.hasWork());
        mayEnd.countDown();
        assertTrue(ran.await(60, TimeUnit.SECONDS));
        assertEquals(1, stays.statistics().handOvers(), "nobody was seated where it could run");
        end(stays);
        end(leaves);
    }

    /** They would wait for a lease for ten seconds. */
    @Test
    void spareCarriersGoWithTheirCore() throws Exception {
        Scheduler scheduler = new Scheduler(settings(new Neighbourhood(() -> null)));
        VirtualCoreContext core = started(scheduler, 0);
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        core.execute(() -> {
            held.countDown();
            awaitQuietly(mayEnd);
        });
        held.await();
        assertFalse(core.handOver(
                Objects.requireNonNull(core.carrier()), core.lease().number()));
        Waiting.spinUntil("a spare is there", () -> core.spareCount() != 0);
        core.pinned().close("the test is over");
        core.preferred().close("the test is over");
        scheduler.leave(core, null);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5); // after ten it ends by itself
        while (core.spareCount() != 0 && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertEquals(0, core.spareCount());
        mayEnd.countDown();
        core.awaitCarriersGone(TimeUnit.SECONDS.toNanos(10));
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void end(VirtualCoreContext core) throws InterruptedException {
        core.pinned().close("the test is over");
        core.preferred().close("the test is over");
        core.leave(null);
        core.awaitCarriersGone(TimeUnit.SECONDS.toNanos(10));
    }

    /** It has lost its CPU after it saw that something waited beside the core. */
    @Test
    void theMonitorSeatsNobodyForARestThatIsOver() throws Exception {
        Scheduler scheduler = new Scheduler(settings(new Neighbourhood(() -> null)));
        VirtualCoreContext core = started(scheduler, 0);
        Waiting.spinUntil("it rests", core::isResting);
        long seen = core.rest();
        scheduler.leave(core, null);
        core.pinned().close("the test is over");
        core.preferred().close("the test is over");
        core.wakeToEnd();
        core.awaitCarriersGone(TimeUnit.SECONDS.toNanos(10));
        assertTrue(core.isResting());

        core.seatLate(seen, System.nanoTime());
        assertEquals(0, core.statistics().handOvers());
        core.seatLate(core.rest(), System.nanoTime());
        assertEquals(1, core.statistics().handOvers());
        core.awaitCarriersGone(TimeUnit.SECONDS.toNanos(10));
    }
}
