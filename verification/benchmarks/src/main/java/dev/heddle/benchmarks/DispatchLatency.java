package dev.heddle.benchmarks;

import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
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
 * How long is it from sending a task to a core until the task begins there?
 *
 * <p>{@code ./heddle bench dispatch}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 6) // or the p99.9 would mostly be that of the compilers, on the same CPU
@Measurement(iterations = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            Flags.NATIVE_ACCESS,
            Flags.OPEN_HOOK,
            Flags.HEAP,
            Flags.HEAP_AT_MOST,
            Flags.HEAP_TOUCHED,
            Flags.OPEN_TO_AGRONA
        })
@State(Scope.Benchmark)
public class DispatchLatency {
    /** From one task to the next: long enough for an idle carrier to park, by Heddle's default strategy. */
    private static final long PAUSE_NANOS = 50_000;

    /** How long a task of a busy core computes before it lets the next one run. */
    private static final long WORK_NANOS = 5_000;

    /** How many of those take turns. */
    private static final int WORKERS = 4;

    /** So much longer a pause is at most, by chance, some turns: a task comes at any time of one. */
    private static final long PAUSE_MORE_NANOS = WORKERS * WORK_NANOS;

    /** A task that has not begun by then is let in by stopping the workers, and counts with the time it took. */
    private static final long STARVED_NANOS = 100_000_000;

    /** No more tasks are sent when they have taken so long together, for each that was to be sent. */
    private static final long LONGEST_NANOS_EACH = 250_000;

    /** Where tasks are sent. */
    @Param({
        "HEDDLE",
        "HEDDLE_PARK",
        "HEDDLE_BUSY_SPIN",
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

    /** How many tasks. */
    @Param("10000")
    public int samples = 10_000;

    private Venue.Place place;
    private volatile long began;
    private volatile boolean busy;

    /** Counted down by each worker that starts none of its kind again. */
    private CountDownLatch working = new CountDownLatch(0);

    /** Opens the venue, and leaves its CPU to it. */
    @Setup(Level.Trial)
    public void open() {
        place = venue.open();
        Venue.pinSender();
    }

    /** Closes it. */
    @TearDown(Level.Trial)
    public void close() {
        place.closing().run();
    }

    /** To a core that has nothing to do. */
    @Benchmark
    public void idle(Latency latency) throws InterruptedException {
        measure(latency, () -> {});
    }

    /** To a core where four tasks take turns: each computes for 5 us, and starts the next one of its kind. */
    @Benchmark
    public void busy(Latency latency) throws InterruptedException {
        measure(latency, this::startWorkers);
        busy = false;
        working.await(); // who is closed starts nobody
    }

    private void startWorkers() {
        busy = true;
        working = new CountDownLatch(WORKERS);
        for (int i = 0; i < WORKERS; i++) {
            place.executor().execute(this::work);
        }
    }

    private void work() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < WORK_NANOS) {
            Thread.onSpinWait();
        }
        if (busy) {
            place.executor().execute(this::work);
        } else {
            working.countDown();
        }
    }

    private void measure(Latency latency, Runnable startWorkers) throws InterruptedException {
        Histogram nanos = new Histogram(3);
        SplittableRandom random = new SplittableRandom(samples);
        startWorkers.run();
        long end = System.nanoTime() + samples * LONGEST_NANOS_EACH;
        for (int i = 0; i < samples && System.nanoTime() < end; i++) {
            began = 0;
            long sent = System.nanoTime();
            place.executor().execute(() -> began = System.nanoTime());
            long at;
            boolean starved = false;
            while ((at = began) == 0) {
                Thread.onSpinWait();
                if (busy && System.nanoTime() - sent > STARVED_NANOS) {
                    starved = true;
                    busy = false; // or it would never begin: the workers follow each other without end
                }
            }
            nanos.recordValue(Math.max(0, at - sent));
            long pause = PAUSE_NANOS + random.nextLong(PAUSE_MORE_NANOS);
            while (System.nanoTime() - at < pause) {
                Thread.onSpinWait();
            }
            if (starved) {
                working.await(); // or there would be more of them
                startWorkers.run();
            }
        }
        latency.read(nanos);
    }
}
