package dev.heddle.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does a burst of a million children of one task cost, which wait in a queue that is longer than any cache?
 *
 * <p>{@code ./heddle bench spawn}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 3)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, "-Xms4g", "-Xmx4g", Flags.HEAP_TOUCHED})
@State(Scope.Benchmark)
public class SpawnMillion {
    /** Where the tasks run. */
    @Param({"HEDDLE", "HEDDLE_ANY_ONE_CORE", "JDK_VIRTUAL", "JDK_ONE_CARRIER", "FORK_JOIN", "FIXED_POOL", "NETTY"})
    public Venue venue = Venue.HEDDLE;

    /** How many children. */
    @Param("1000000")
    public int tasks = 1_000_000;

    private Venue.Place place;

    /** Opens the venue. */
    @Setup(Level.Trial)
    public void open() {
        place = venue.open();
    }

    /** Closes it. */
    @TearDown(Level.Trial)
    public void close() {
        place.closing().run();
    }

    /** All children of one task; the time of the burst. */
    @Benchmark
    public void burst() throws InterruptedException {
        Spawn.spawn(place, tasks);
    }
}
