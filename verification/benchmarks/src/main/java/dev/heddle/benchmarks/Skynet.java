package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.CoreManagerBuilder;
import dev.heddle.runtime.TaskMode;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
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
 * How long does a tree of tasks take, each of which starts ten more and waits for them, down to a million leaves?
 *
 * <p>{@code ./heddle bench spawn}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 3)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, "-Xms2g", "-Xmx2g", Flags.HEAP_TOUCHED})
@State(Scope.Benchmark)
public class Skynet {
    private static final int CHILDREN = 10;

    /** Who runs the tree. */
    public enum Tree {
        /** Anywhere, on all cores. */
        HEDDLE,
        /** Anywhere, on one core. */
        HEDDLE_ONE_CORE,
        /** The JDK's scheduler. */
        JDK_VIRTUAL
    }

    /** Who runs the tree. */
    @Param
    public Tree venue = Tree.HEDDLE;

    /** How many leaves. */
    @Param("1000000")
    public int leaves = 1_000_000;

    private ThreadFactory threads;
    private Runnable closing = () -> {};

    /** Opens the cores. */
    @Setup(Level.Trial)
    public void open() {
        if (venue == Tree.JDK_VIRTUAL) {
            threads = Thread.ofVirtual().factory();
            return;
        }
        CoreManagerBuilder builder = CoreManager.builder().mode(TaskMode.VIRTUAL);
        if (venue == Tree.HEDDLE_ONE_CORE) {
            builder.cores(CpuSet.of(ThreadAffinity.ofProcess().last()));
        }
        CoreManager manager = builder.start();
        closing = manager::close;
        threads = manager.anywhere().threadFactory();
    }

    /** Closes them. */
    @TearDown(Level.Trial)
    public void close() {
        closing.run();
    }

    /** The sum of all leaves' numbers. */
    @Benchmark
    public long tree() throws InterruptedException, ExecutionException {
        FutureTask<Long> root = new FutureTask<>(() -> node(0, leaves));
        threads.newThread(root).start();
        long sum = root.get();
        if (sum != (long) leaves * (leaves - 1) / 2) {
            throw new IllegalStateException("the sum is " + sum);
        }
        return sum;
    }

    private final class Child implements Runnable {
        private final long number;
        private final int size;
        private long sum;

        Child(long number, int size) {
            this.number = number;
            this.size = size;
        }

        @Override
        public void run() {
            try {
                sum = node(number, size);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private long node(long number, int size) throws InterruptedException {
        if (size == 1) {
            return number;
        }
        Child[] children = new Child[CHILDREN];
        Thread[] running = new Thread[CHILDREN];
        int part = size / CHILDREN;
        for (int i = 0; i < CHILDREN; i++) {
            children[i] = new Child(number + (long) i * part, part);
            running[i] = threads.newThread(children[i]);
            running[i].start();
        }
        long sum = 0;
        for (int i = 0; i < CHILDREN; i++) {
            running[i].join();
            sum += children[i].sum;
        }
        return sum;
    }
}
