package dev.heddle.benchmarks.suite;

import java.io.File;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.ExternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.ScalarResult;

/** Notes the {@link CpuDistance} before and after each process of a benchmark, which begins when that is as usual if it can. */
public final class DistanceProfiler implements ExternalProfiler {
    static final String BEFORE = "cpuDistanceBefore";
    static final String AFTER = "cpuDistanceAfter";

    private final @Nullable CpuDistance distance;
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
    public void beforeTrial(BenchmarkParams benchmark) {
        before = measure(distance);
    }

    @Override
    public Collection<ScalarResult> afterTrial(BenchmarkResult result, long pid, File out, File err) {
        return List.of(note(BEFORE, before), note(AFTER, measure(null)));
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
    public Collection<String> addJVMInvokeOptions(BenchmarkParams benchmark) {
        return List.of();
    }

    @Override
    public Collection<String> addJVMOptions(BenchmarkParams benchmark) {
        return List.of();
    }

    @Override
    public boolean allowPrintOut() {
        return true;
    }

    @Override
    public boolean allowPrintErr() {
        return true;
    }

    @Override
    public String getDescription() {
        return "what a word takes from the first CPU to the last and back";
    }
}
