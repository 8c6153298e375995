package dev.heddle.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost a task to start another one where it is itself, and that one to run and end?
 *
 * <p>{@code ./heddle bench spawn}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 700, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, Flags.HEAP, Flags.HEAP_AT_MOST, Flags.HEAP_TOUCHED})
@State(Scope.Benchmark)
public class Spawn {
    private static final int CHILDREN = 10_000;

    /** Where the tasks run. Those with a bounded queue are left out: a task that fills its own would wait for itself. */
    @Param({
        "HEDDLE",
        "HEDDLE_ANY_ONE_CORE",
        "HEDDLE_UNPINNED",
        "JDK_VIRTUAL",
        "JDK_ONE_CARRIER",
        "VIRTUAL_THREADS_ON_A_LOOP",
        "FORK_JOIN",
        "FIXED_POOL",
        "PINNED_EXECUTOR",
        "OPENHFT",
        "NETTY"
    })
    public Venue venue = Venue.HEDDLE;

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

    /** Ten thousand children of one task; the time of each, until all have ended. */
    @Benchmark
    @OperationsPerInvocation(CHILDREN)
    public void children() throws InterruptedException {
        spawn(place, CHILDREN);
    }

    /** Starts children from within a task of the place, and waits until all have ended. */
    static void spawn(Venue.Place place, int children) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(children);
        place.executor().execute(() -> {
            for (int i = 0; i < children; i++) {
                place.executor().execute(ended::countDown);
            }
        });
        ended.await();
    }
}
