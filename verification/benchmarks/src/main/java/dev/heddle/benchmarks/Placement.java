package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
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
 * <p>One operation sends {@value #TASKS} tasks round robin to the cores; each suspends and looks {@value #LOOKS} times. The
 * counters say how many looks there were and how many were misplaced. A misplaced look of Heddle's fails the run; on the
 * JDK's scheduler, which knows no cores, they are only counted.
 *
 * <p>{@code java -jar verification/benchmarks/target/benchmarks.jar Placement -foe true}
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK})
@State(Scope.Benchmark)
public class Placement {
    private static final int TASKS = 64;
    private static final int LOOKS = 20;

    /** What a task does before each look. */
    public enum Suspension {
        /** Thread.yield. */
        YIELD,
        /** A sleep of 20 microseconds. */
        SLEEP,
        /** Park, until a child on the same core unparks it. */
        PARK
    }

    /** What a task does before each look. */
    @Param
    public Suspension suspension = Suspension.YIELD;

    private CoreManager cores;
    private int[] cpus = {};
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

    /** Starts the manager on all CPUs. */
    @Setup(Level.Trial)
    public void start() {
        cores = CoreManager.builder().mode(TaskMode.VIRTUAL).start();
        CpuSet all = cores.cores();
        cpus = all.toArray();
    }

    /** Closes it, and fails the trial if Heddle misplaced a look. */
    @TearDown(Level.Trial)
    public void stop() {
        cores.close();
        if (misplacedEver.get() != 0) {
            throw new IllegalStateException(misplacedEver + " looks were misplaced");
        }
    }

    /** Heddle. */
    @Benchmark
    public void heddle(Looks looks) throws InterruptedException {
        long misplaced = dispatch(cpu -> cores.on(cpu).threadFactory());
        misplacedEver.addAndGet(misplaced);
        looks.samples += TASKS * LOOKS;
        looks.misplaced += misplaced;
    }

    /** The JDK's virtual threads. */
    @Benchmark
    public void jdk(Looks looks) throws InterruptedException {
        looks.misplaced += dispatch(cpu -> Thread.ofVirtual().factory());
        looks.samples += TASKS * LOOKS;
    }

    private long dispatch(IntFunction<ThreadFactory> factories) throws InterruptedException {
        AtomicLong misplaced = new AtomicLong();
        CountDownLatch ended = new CountDownLatch(TASKS);
        for (int task = 0; task < TASKS; task++) {
            int cpu = cpus[task % cpus.length];
            factories
                    .apply(cpu)
                    .newThread(() -> {
                        long off = 0;
                        for (int i = 0; i < LOOKS; i++) {
                            suspend();
                            if (ThreadAffinity.currentCpu() != cpu) {
                                off++;
                            }
                        }
                        misplaced.addAndGet(off);
                        ended.countDown();
                    })
                    .start();
        }
        ended.await();
        return misplaced.get();
    }

    private void suspend() {
        switch (suspension) {
            case YIELD -> Thread.yield();
            case SLEEP -> LockSupport.parkNanos(20_000);
            case PARK -> {
                Thread self = Thread.currentThread();
                Thread.startVirtualThread(() -> LockSupport.unpark(self));
                LockSupport.park();
            }
        }
    }
}
