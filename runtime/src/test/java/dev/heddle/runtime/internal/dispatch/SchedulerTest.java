package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.OverflowPolicy;
import java.util.List;
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

    /** It has lost its CPU after it saw that something waited beside the core. */
    @Test
    void theMonitorSeatsNobodyForARestThatIsOver() throws Exception {
        Scheduler scheduler = new Scheduler(settings(new Neighbourhood(() -> null)));
        VirtualCoreContext core = started(scheduler, 0);
        while (!core.isResting()) {
            Thread.onSpinWait();
        }
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
