package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.HogPolicy;
import dev.heddle.runtime.OverflowPolicy;
import dev.heddle.runtime.TaskMode;
import dev.heddle.runtime.Waiting;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class MonitorTest {
    /** Half of its time it is in the middle of making others runnable, so that in every second round the monitor finds it so. */
    @Test
    void aTaskThatComputesAndWakesOthersIsAHogToo() throws Exception {
        int cpu = ThreadAffinity.ofProcess().last();
        try (CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(cpu))
                .hogs(HogPolicy.REPORT)
                .timeSlice(Duration.ofMillis(200)) // a hundred rounds and more
                .start()) {
            Core core = cores.on(cpu);
            Future<Long> hog = core.submit(() -> {
                CarrierThread here = Objects.requireNonNull(CarrierThread.current());
                long start = System.nanoTime();
                while (core.statistics().hogs() == 0 && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(60)) {
                    assertTrue(here.enter());
                    compute();
                    here.leave();
                    compute();
                }
                return core.statistics().hogs();
            });
            assertEquals(1, hog.get());
        }
    }

    /** While owners that spin look in its stead it seldom looks itself. */
    @Test
    void aCoreIsHandedOverAfterANapToo() throws Exception {
        CoreSettings settings = new CoreSettings(
                "test",
                Long.MAX_VALUE, // never parks
                2,
                OverflowPolicy.REJECT,
                null,
                new KernelPinning(),
                TimeUnit.DAYS.toNanos(1),
                false,
                CpuSet.empty(),
                0,
                new Neighbourhood(() -> null),
                null);
        Scheduler scheduler = new Scheduler(settings);
        CpuSet cpus = ThreadAffinity.ofProcess();
        VirtualCoreContext blocked = scheduler.newCore(cpus.first());
        VirtualCoreContext spins = scheduler.newCore(cpus.last());
        for (VirtualCoreContext core : List.of(blocked, spins)) {
            core.start();
            assertNull(core.awaitStarted());
        }
        scheduler.setCores(List.of(blocked, spins));
        scheduler.startMonitor(gone -> {}, null);
        CountDownLatch mayEnd = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(1);
        try {
            Waiting.until("the monitor naps", scheduler.monitor()::isNapping);
            blocked.execute(() -> {
                try {
                    mayEnd.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            blocked.execute(ran::countDown);
            assertTrue(ran.await(60, TimeUnit.SECONDS), "the core was not handed over");
        } finally {
            mayEnd.countDown();
            scheduler.anywhere().close("the test is over");
            for (VirtualCoreContext core : List.of(blocked, spins)) {
                core.pinned().close("the test is over");
                core.preferred().close("the test is over");
            }
            scheduler.awaitMonitorGone(TimeUnit.SECONDS.toNanos(10));
            for (VirtualCoreContext core : List.of(blocked, spins)) {
                core.awaitCarriersGone(TimeUnit.SECONDS.toNanos(10));
            }
        }
    }

    private static void compute() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < 20_000) {
            Thread.onSpinWait();
        }
    }
}
