package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * Is a task on the core that was asked for, every time it looks?
 *
 * <p>One operation sends {@value #TASKS} tasks, in pairs, round robin to the cores; each suspends and looks {@value #LOOKS} times. The
 * counters say how many looks there were and how many were misplaced. A misplaced look of Heddle's fails the run; on the
 * JDK's scheduler, which knows no cores, they are only counted.
 *
 * <p>{@code ./heddle bench placement}
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 1,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK})
@State(Scope.Benchmark)
public class Placement {
    private static final int TASKS = 64;
    private static final int LOOKS = 20;

    /** Who starts the threads. */
    public enum Starter {
        /** The core asked for. */
        HEDDLE,
        /** The JDK's scheduler, which cannot be asked. */
        JDK_VIRTUAL
    }

    /** What a task does before each look. */
    public enum Suspension {
        /** Thread.yield. */
        YIELD,
        /** A sleep of 20 microseconds. */
        SLEEP,
        /** Takes a lock that the other one of the pair wants too. */
        LOCK,
        /** Hands something to the other one and gets something back. */
        CHANNEL,
        /** Sends a byte to the other one over loopback and gets one back. */
        SOCKET
    }

    /** Who starts the threads. */
    @Param
    public Starter venue = Starter.HEDDLE;

    /** What a task does before each look. */
    @Param
    public Suspension suspension = Suspension.YIELD;

    private @Nullable CoreManager manager;
    private int[] cpus = {};
    private List<Pair> pairs = List.of();
    private final AtomicLong misplacedEver = new AtomicLong();

    /** Looks and misplaced looks, beside the score. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Looks {
        /** All looks. */
        public long samples;

        /** Those off the core asked for. */
        public long misplaced;
    }

    /** One of two tasks, as it suspends. */
    private interface Side {
        void suspend() throws IOException, InterruptedException;
    }

    private record Pair(Side one, Side other) {}

    /** Starts the manager on all CPUs, and connects the pairs. */
    @Setup(Level.Trial)
    public void start() throws IOException {
        cpus = ThreadAffinity.ofProcess().toArray();
        if (venue == Starter.HEDDLE) {
            manager = CoreManager.builder()
                    .mode(TaskMode.VIRTUAL)
                    .cores(CpuSet.of(cpus))
                    .start();
        }
        List<Pair> made = new ArrayList<>();
        try (ServerSocket listener = new ServerSocket(0, TASKS, InetAddress.getLoopbackAddress())) {
            for (int i = 0; i < TASKS / 2; i++) {
                made.add(
                        switch (suspension) {
                            case YIELD -> new Pair(Thread::yield, Thread::yield);
                            case SLEEP -> new Pair(Placement::sleep, Placement::sleep);
                            case LOCK -> locked(new ReentrantLock(true));
                            case CHANNEL -> channels(new SynchronousQueue<>(), new SynchronousQueue<>());
                            case SOCKET ->
                                sockets(
                                        new Socket(listener.getInetAddress(), listener.getLocalPort()),
                                        listener.accept());
                        });
            }
        }
        pairs = made;
    }

    private static void sleep() {
        LockSupport.parkNanos(20_000);
    }

    private static Pair locked(ReentrantLock lock) {
        Side side = () -> {
            lock.lock();
            try {
                Thread.yield(); // so that the other one has to wait
            } finally {
                lock.unlock();
            }
        };
        return new Pair(side, side);
    }

    private static Pair channels(SynchronousQueue<Integer> there, SynchronousQueue<Integer> back) {
        return new Pair(
                () -> {
                    there.put(1);
                    back.take();
                },
                () -> back.put(there.take()));
    }

    private static Pair sockets(Socket one, Socket other) {
        return new Pair(
                () -> {
                    one.getOutputStream().write(1);
                    one.getInputStream().read();
                },
                () -> {
                    other.getInputStream().read();
                    other.getOutputStream().write(1);
                });
    }

    /** Closes it, and fails the trial if Heddle misplaced a look. */
    @TearDown(Level.Trial)
    public void stop() {
        if (manager != null) {
            manager.close();
            if (misplacedEver.get() != 0) {
                throw new IllegalStateException(misplacedEver + " looks were misplaced");
            }
        }
    }

    /** Sends all tasks, and waits until they have ended. */
    @Benchmark
    public void looks(Looks looks) throws InterruptedException {
        CoreManager cores = manager;
        AtomicLong misplaced = new AtomicLong();
        CountDownLatch ended = new CountDownLatch(TASKS);
        for (int i = 0; i < pairs.size(); i++) {
            Pair pair = pairs.get(i);
            int across = i >> 1 & 1;
            start(cpus[i % cpus.length], pair.one(), cores, misplaced, ended);
            start(cpus[(i + across) % cpus.length], pair.other(), cores, misplaced, ended);
        }
        ended.await();
        looks.samples += (long) TASKS * LOOKS;
        looks.misplaced += misplaced.get();
        misplacedEver.addAndGet(misplaced.get());
    }

    private static void start(
            int cpu, Side side, @Nullable CoreManager cores, AtomicLong misplaced, CountDownLatch ended) {
        Runnable task = () -> {
            misplaced.addAndGet(look(cpu, side));
            ended.countDown();
        };
        if (cores == null) {
            Thread.startVirtualThread(task);
        } else {
            cores.on(cpu).start(task);
        }
    }

    private static int look(int cpu, Side side) {
        int misplaced = 0;
        try {
            for (int i = 0; i < LOOKS; i++) {
                side.suspend();
                if (ThreadAffinity.currentCpu() != cpu) {
                    misplaced++;
                }
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return misplaced;
    }
}
