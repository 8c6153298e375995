package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.HogPolicy;
import dev.heddle.runtime.TaskMode;
import java.time.Duration;
import java.util.Objects;
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

    private static void compute() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < 20_000) {
            Thread.onSpinWait();
        }
    }
}
