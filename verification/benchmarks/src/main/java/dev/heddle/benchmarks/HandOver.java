package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Blocking;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
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
 * How late is a task that starts while others, as many as there are CPUs, block in native calls or compute?
 *
 * <p>Each of the others holds its carrier (the JDK's with {@link Hold#BLOCKING_CALL} a thread of a pool) for {@value #HELD_MICROS} us and then yields, again and again. Heddle has one of them on each core.
 *
 * <p>{@code ./heddle bench handover}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK})
@State(Scope.Benchmark)
public class HandOver {
    private static final int HELD_MICROS = 10_000;
    private static final long PAUSE_NANOS = 500_000;

    /** A task that has not ended by then is let in by stopping the others, and counts with the time it took. */
    private static final Duration STARVED = Duration.ofMillis(200);

    /** No more tasks are started when they have taken so long together, for each that was to be started. */
    private static final long LONGEST_NANOS_EACH = 2_000_000;

    @SuppressWarnings("restricted")
    private static final MethodHandle SLEEP = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().find("usleep").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    /** Who runs the tasks. */
    public enum Runner {
        /** The cores of a manager; the late task is sent to the last one. */
        HEDDLE,
        /** The JDK's scheduler. */
        JDK_VIRTUAL
    }

    /** How the others hold their carriers. */
    public enum Hold {
        /** There are no others. */
        NOTHING,
        /** In a native call, of which neither the JDK nor Heddle is told. */
        NATIVE_CALL,
        /** In the same call, inside {@link Blocking#call}; the JDK has no such thing, and waits for a thread of a pool that makes it. */
        BLOCKING_CALL,
        /** They compute. */
        COMPUTE
    }

    /** Who runs the tasks. */
    @Param
    public Runner venue = Runner.HEDDLE;

    /** How the others hold their carriers. */
    @Param
    public Hold hold = Hold.NOTHING;

    /** How many tasks are started. */
    @Param("1000")
    public int samples = 1_000;

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private @Nullable CoreManager manager;
    private int[] cpus = {};
    private volatile boolean holding;
    private volatile long began;

    /** Opens the cores. */
    @Setup(Level.Trial)
    public void open() {
        CpuSet all = ThreadAffinity.ofProcess();
        cpus = all.toArray();
        if (venue == Runner.HEDDLE) {
            manager = CoreManager.builder().mode(TaskMode.VIRTUAL).cores(all).start();
        }
    }

    /** Closes them. */
    @TearDown(Level.Trial)
    public void close() {
        pool.close();
        if (manager != null) {
            manager.close();
        }
    }

    private void hold() throws Exception {
        while (holding) {
            switch (hold) {
                case NOTHING -> holding = false;
                case NATIVE_CALL -> sleepNatively();
                case BLOCKING_CALL -> {
                    if (manager == null) {
                        pool.submit(HandOver::sleepNatively).get();
                    } else {
                        Blocking.call(HandOver::sleepNatively);
                    }
                }
                case COMPUTE -> {
                    long start = System.nanoTime();
                    while (System.nanoTime() - start < HELD_MICROS * 1_000L) {
                        Thread.onSpinWait();
                    }
                }
            }
            Thread.yield();
        }
    }

    private static int sleepNatively() {
        try {
            return (int) SLEEP.invokeExact(HELD_MICROS);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    private Thread start(int cpu, Runnable task) {
        return manager == null
                ? Thread.startVirtualThread(task)
                : manager.on(cpu).start(task);
    }

    /** From the start of a task, by a platform thread, to its first instruction. */
    @Benchmark
    public void start(Latency latency) throws InterruptedException {
        Histogram nanos = new Histogram(3);
        List<Thread> holders = startHolders();
        long end = System.nanoTime() + samples * LONGEST_NANOS_EACH;
        for (int i = 0; i < samples && System.nanoTime() < end; i++) {
            LockSupport.parkNanos(PAUSE_NANOS);
            long sent = System.nanoTime();
            Thread late = start(cpus[cpus.length - 1], () -> began = System.nanoTime());
            if (!late.join(STARVED)) {
                stop(holders); // or it would never begin
                late.join();
                holders = startHolders();
            }
            nanos.recordValue(Math.max(0, began - sent));
        }
        latency.read(nanos);
        stop(holders);
    }

    private List<Thread> startHolders() {
        holding = hold != Hold.NOTHING;
        List<Thread> holders = new ArrayList<>();
        for (int cpu : cpus) {
            holders.add(start(cpu, () -> {
                try {
                    hold();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        return holders;
    }

    private void stop(List<Thread> holders) throws InterruptedException {
        holding = false;
        for (Thread holder : holders) {
            holder.join();
        }
    }
}
