package dev.heddle.benchmarks;

import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
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
 * How long does it take a task to wake another and to be woken by it, both on one core, and each on its own?
 *
 * <p>{@code ./heddle bench switch}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 700, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, Flags.HEAP, Flags.HEAP_AT_MOST, Flags.HEAP_TOUCHED})
@State(Scope.Benchmark)
public class PingPong {
    private static final int ROUNDS = 100_000;

    /** Who runs the two tasks. */
    public enum Pair {
        /** Both on the last core. */
        HEDDLE,
        /** On the first and on the last core. */
        HEDDLE_ACROSS,
        /** Both anywhere. */
        HEDDLE_ANY,
        /** The JDK's scheduler. */
        JDK_VIRTUAL,
        /** The same with one carrier. */
        JDK_ONE_CARRIER,
        /** A plain loop that runs virtual threads. */
        VIRTUAL_THREADS_ON_A_LOOP,
        /** Two of them, on the first and on the last CPU. */
        VIRTUAL_THREADS_ON_TWO_LOOPS
    }

    /** Who runs the two tasks. */
    @Param
    public Pair venue = Pair.HEDDLE;

    private ThreadFactory pings;
    private ThreadFactory pongs;
    private Runnable closing = () -> {};
    private volatile int turn;

    /** Opens the cores, and has them run some tasks. */
    @Setup(Level.Trial)
    public void open() throws InterruptedException {
        openVenue();
        ShortTasks.run(task -> pings.newThread(task).start());
        ShortTasks.run(task -> pongs.newThread(task).start());
    }

    private void openVenue() {
        if (venue == Pair.JDK_VIRTUAL || venue == Pair.JDK_ONE_CARRIER) {
            Venue.valueOf(venue.name()).open();
            pings = Thread.ofVirtual().factory();
            pongs = pings;
            return;
        }
        if (venue == Pair.VIRTUAL_THREADS_ON_A_LOOP) {
            VirtualThreadLoop loop = VirtualThreadLoop.start();
            pings = loop::newThread;
            pongs = pings;
            closing = loop::close;
            return;
        }
        if (venue == Pair.VIRTUAL_THREADS_ON_TWO_LOOPS) {
            VirtualThreadLoop pinging =
                    VirtualThreadLoop.start(ThreadAffinity.ofProcess().first());
            VirtualThreadLoop ponging = VirtualThreadLoop.start();
            pings = pinging::newThread;
            pongs = ponging::newThread;
            closing = () -> {
                pinging.close();
                ponging.close();
            };
            return;
        }
        CoreManager manager = CoreManager.builder().mode(TaskMode.VIRTUAL).start();
        int last = ThreadAffinity.ofProcess().last();
        int first = venue == Pair.HEDDLE ? last : ThreadAffinity.ofProcess().first();
        closing = manager::close;
        boolean any = venue == Pair.HEDDLE_ANY;
        pings = (any ? manager.anywhere() : manager.on(first)).threadFactory();
        pongs = (any ? manager.anywhere() : manager.on(last)).threadFactory();
    }

    /** Closes them. */
    @TearDown(Level.Trial)
    public void close() {
        closing.run();
    }

    private final class Player implements Runnable {
        private final int mine;
        private final CountDownLatch ready;
        private volatile @Nullable Thread other;

        Player(int mine, CountDownLatch ready) {
            this.mine = mine;
            this.ready = ready;
        }

        @Override
        public void run() {
            ready.countDown();
            try {
                ready.await();
            } catch (InterruptedException e) {
                return;
            }
            for (int i = 0; i < ROUNDS; i++) {
                while (turn != mine) {
                    LockSupport.park();
                }
                turn = 1 - mine;
                LockSupport.unpark(other);
            }
        }
    }

    /** A hundred thousand round trips, beside which the start and the end of the two tasks are little; the time of each. */
    @Benchmark
    @OperationsPerInvocation(ROUNDS)
    public void roundTrip() throws InterruptedException {
        CountDownLatch ready = new CountDownLatch(2);
        turn = 0;
        Player ping = new Player(0, ready);
        Player pong = new Player(1, ready);
        Thread pinging = pings.newThread(ping);
        Thread ponging = pongs.newThread(pong);
        ping.other = ponging;
        pong.other = pinging;
        pinging.start();
        ponging.start();
        pinging.join();
        ponging.join();
    }
}
