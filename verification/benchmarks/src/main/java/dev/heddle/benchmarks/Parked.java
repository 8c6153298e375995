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
@Warmup(iterations = 0) // what as many tasks of before leave resident would be there for these
@Measurement(iterations = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, "-Xmx6g"})
@State(Scope.Benchmark)
public class Parked {
    private static final int WARM_UPS = 10;
    private static final int WARM_UP_TASKS = 20_000;

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
    private volatile CountDownLatch asleep = new CountDownLatch(0);

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

    /** Opens the lot, and lets the compilers see whole lives of tasks: frames are larger before they are compiled. */
    @Setup(Level.Trial)
    public void open() throws InterruptedException, IOException {
        if (venue != Lot.JDK_VIRTUAL) {
            CpuSet cpus = ThreadAffinity.ofProcess();
            CoreManager cores =
                    CoreManager.builder().mode(TaskMode.VIRTUAL).cores(cpus).start();
            manager = cores;
            starter = venue == Lot.HEDDLE ? cores.on(cpus.last())::start : cores.anywhere()::start;
        }
        for (int i = 0; i < WARM_UPS; i++) {
            Thread[] parked = new Thread[WARM_UP_TASKS];
            park(parked);
            wake(parked);
        }
        heapBytes();
        residentBytes(); // what reading it leaves resident is not the tasks'
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
        long heap = heapBytes();
        long rss = residentBytes();
        park(parked);
        each.heapBytes = (heapBytes() - heap) / tasks;
        each.rssBytes = (residentBytes() - rss) / tasks;
        long start = System.nanoTime();
        wake(parked);
        each.wakeNanos = (System.nanoTime() - start) / tasks;
    }

    private void park(Thread[] parked) {
        Runnable sleeper = this::sleep; // one for all: it is not what is weighed
        awake = false;
        asleep = new CountDownLatch(parked.length);
        for (int i = 0; i < parked.length; i++) {
            parked[i] = starter.apply(sleeper);
        }
        for (Thread thread : parked) {
            while (thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        }
    }

    private void wake(Thread[] parked) throws InterruptedException {
        awake = true;
        for (Thread thread : parked) {
            LockSupport.unpark(thread);
        }
        asleep.await();
    }

    private void sleep() {
        while (!awake) {
            LockSupport.park();
        }
        asleep.countDown();
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
