package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
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
 * What does a task cost that is parked: bytes of the heap and of the process, and the time to wake it?
 *
 * <p>The numbers are per task; those of the process include what the collector has not given back.
 *
 * <p>{@code ./heddle bench blocked}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, "-Xmx6g"})
@State(Scope.Benchmark)
public class Parked {
    /** Where the tasks are parked. */
    public enum Lot {
        /** A core. */
        HEDDLE,
        /** Anywhere, on all cores. */
        HEDDLE_ANY,
        /** The JDK's scheduler. */
        JDK_VIRTUAL
    }

    /** Where the tasks are parked. */
    @Param
    public Lot venue = Lot.HEDDLE;

    /** How many. */
    @Param({"100000", "1000000"})
    public int tasks = 100_000;

    private @Nullable CoreManager manager;
    private Function<Runnable, Thread> starter = Thread::startVirtualThread;
    private volatile boolean awake;

    /** Per task. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class PerTask {
        /** Of the heap, after a collection. */
        public long heapBytes;

        /** Of the process. */
        public long rssBytes;

        /** From the first unpark until all have ended. */
        public long wakeNanos;
    }

    /** Opens the lot. */
    @Setup(Level.Trial)
    public void open() {
        if (venue == Lot.JDK_VIRTUAL) {
            return;
        }
        CpuSet cpus = ThreadAffinity.ofProcess();
        CoreManager cores =
                CoreManager.builder().mode(TaskMode.VIRTUAL).cores(cpus).start();
        manager = cores;
        starter = venue == Lot.HEDDLE ? cores.on(cpus.last())::start : cores.anywhere()::start;
    }

    /** Closes it. */
    @TearDown(Level.Trial)
    public void close() {
        if (manager != null) {
            manager.close();
        }
    }

    /** Starts them, waits until all are parked, weighs them, and wakes them. */
    @Benchmark
    public void parkAndWake(PerTask each) throws InterruptedException, IOException {
        Thread[] parked = new Thread[tasks];
        CountDownLatch ended = new CountDownLatch(tasks);
        awake = false;
        Runnable task = () -> {
            while (!awake) {
                LockSupport.park();
            }
            ended.countDown();
        };
        long heap = heapBytes();
        long rss = residentBytes();
        for (int i = 0; i < tasks; i++) {
            parked[i] = starter.apply(task);
        }
        for (Thread thread : parked) {
            while (thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        }
        each.heapBytes = (heapBytes() - heap) / tasks;
        each.rssBytes = (residentBytes() - rss) / tasks;
        awake = true;
        long start = System.nanoTime();
        for (Thread thread : parked) {
            LockSupport.unpark(thread);
        }
        ended.await();
        each.wakeNanos = (System.nanoTime() - start) / tasks;
    }

    private static long heapBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
