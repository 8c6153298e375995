package dev.heddle.benchmarks;

import org.HdrHistogram.Histogram;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What is read off a histogram of nanoseconds, beside a score. JMH adds up what iterations and forks give: use one. */
@AuxCounters(AuxCounters.Type.EVENTS)
@State(Scope.Thread)
public class Latency {
    /** Half are shorter. */
    public long p50Nanos;

    /** One in a hundred is longer. */
    public long p99Nanos;

    /** One in a thousand is longer. */
    public long p999Nanos;

    /** How many there were: fewer than asked for where they took too long. */
    public long counted;

    void read(Histogram nanos) {
        counted = nanos.getTotalCount();
        p50Nanos = nanos.getValueAtPercentile(50);
        p99Nanos = nanos.getValueAtPercentile(99);
        p999Nanos = nanos.getValueAtPercentile(99.9);
    }
}
