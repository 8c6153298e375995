package dev.heddle.benchmarks.suite;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.ScalarResult;
import org.openjdk.jmh.runner.IterationType;

/**
 * Notes the {@link CpuDistance} before and after each iteration that is measured, which begins when that is as usual if it can. In the
 * benchmark's own process: what it leaves spinning takes turns with the look, of which the shortest round trips count. What is closed
 * at the end of the process is between the two looks of the last iteration; and what is set up once for it between those of the first, where
 * nothing is warmed up.
 */
public final class DistanceProfiler implements InternalProfiler {
    static final String BEFORE = "cpuDistanceBefore";
    static final String AFTER = "cpuDistanceAfter";

    /**
     * So many looks come before the first iteration, warm-up or not. By code that is not compiled yet a round trip takes up to twice as
     * long; and what a first look loads and has compiled would slow the iteration that comes after it.
     */
    private static final int COLD_LOOKS = 10;

    private final @Nullable CpuDistance distance;
    private boolean isWarm;
    private double before;

    /**
     * JMH's call.
     *
     * @param usual the usual distance, in nanoseconds; nothing if it is not to be waited for
     */
    public DistanceProfiler(String usual) {
        this.distance = usual.isEmpty() ? null : new CpuDistance(Double.parseDouble(usual));
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        for (int i = 0; !isWarm && i < COLD_LOOKS; i++) {
            measure(null);
        }
        isWarm = true;
        if (iteration.getType() == IterationType.MEASUREMENT) {
            before = measure(distance);
        }
    }

    @Override
    public Collection<ScalarResult> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        return iteration.getType() == IterationType.MEASUREMENT
                ? List.of(note(BEFORE, before), note(AFTER, measure(null)))
                : List.of();
    }

    private static double measure(@Nullable CpuDistance awaited) {
        try {
            return awaited == null ? CpuDistance.nanos() : awaited.awaitUsual();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the distance of the CPUs was measured", e);
        }
    }

    private static ScalarResult note(String name, double nanos) {
        return new ScalarResult(name, nanos, "ns", AggregationPolicy.AVG);
    }

    @Override
    public String getDescription() {
        return "what a word takes from the first CPU to the last and back";
    }
}
