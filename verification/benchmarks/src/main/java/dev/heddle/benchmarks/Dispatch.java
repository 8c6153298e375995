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
 * What does it cost a platform thread to send a task to a core, until it has run?
 *
 * <p>{@code java -jar verification/benchmarks/target/benchmarks.jar Dispatch}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK})
@State(Scope.Benchmark)
public class Dispatch {
    private static final int BURST = 1_000;

    /** Where tasks are sent. */
    @Param
    public Venue venue = Venue.HEDDLE;

    private Venue.Place place;
    private volatile boolean ran;

    /** Opens the venue. */
    @Setup(Level.Trial)
    public void open() {
        place = venue.open();
    }

    /** Where the sender runs: not on the CPU that the tasks are sent to, where it would wait for itself. */
    @State(Scope.Thread)
    public static class Sender {
        /** Pins it, once the venue is open. */
        @Setup(Level.Trial)
        public void pin(Dispatch opened) {
            Venue.pinSender();
        }
    }

    /** Closes it. */
    @TearDown(Level.Trial)
    public void close() {
        place.closing().run();
    }

    /** One task to an idle core; the sender spins until it has run. */
    @Benchmark
    public void single(Sender sender) {
        ran = false;
        place.executor().execute(() -> ran = true);
        while (!ran) {
            Thread.onSpinWait();
        }
    }

    /** A thousand tasks one after the other; the time of each, until all have run. */
    @Benchmark
    @OperationsPerInvocation(BURST)
    public void burst(Sender sender) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(BURST);
        for (int i = 0; i < BURST; i++) {
            place.executor().execute(ended::countDown);
        }
        ended.await();
    }
}
