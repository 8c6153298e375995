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
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How many tasks a second can platform threads send to a core that runs them?
 *
 * <p>{@code ./heddle bench dispatch}
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 700, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {
            Flags.NATIVE_ACCESS,
            Flags.OPEN_HOOK,
            Flags.HEAP,
            Flags.HEAP_AT_MOST,
            Flags.HEAP_TOUCHED,
            Flags.OPEN_TO_AGRONA
        })
@State(Scope.Benchmark)
public class Dispatch {
    private static final int BURST = 10_000;

    /** Where tasks are sent. */
    @Param({
        "HEDDLE",
        "HEDDLE_BUSY_SPIN",
        "HEDDLE_UNPINNED",
        "JDK_VIRTUAL",
        "JDK_ONE_CARRIER",
        "VIRTUAL_THREADS_ON_A_LOOP",
        "FORK_JOIN",
        "FIXED_POOL",
        "PINNED_EXECUTOR",
        "OPENHFT",
        "NETTY",
        "AGRONA",
        "AGRONA_BUSY_SPIN",
        "DISRUPTOR",
        "DISRUPTOR_BUSY_SPIN"
    })
    public Venue venue = Venue.HEDDLE;

    private Venue.Place place;

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

    /** One sender: ten thousand tasks one after the other, until all have run. */
    @Benchmark
    @OperationsPerInvocation(BURST)
    public void burst(Sender sender) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(BURST);
        for (int i = 0; i < BURST; i++) {
            place.executor().execute(ended::countDown);
        }
        ended.await();
    }

    /** Four senders, all on the same CPU. */
    @Benchmark
    @Threads(4)
    @OperationsPerInvocation(BURST)
    public void burstOfFourSenders(Sender sender) throws InterruptedException {
        burst(sender);
    }
}
