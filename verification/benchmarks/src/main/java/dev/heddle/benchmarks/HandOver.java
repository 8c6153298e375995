package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Blocking;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
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
 * How long does a task wait behind one that blocks its carrier in a native read?
 *
 * <p>{@code java -jar verification/benchmarks/target/benchmarks.jar HandOver}
 */
@BenchmarkMode({Mode.SampleTime})
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK})
@State(Scope.Benchmark)
public class HandOver {
    /** How the task blocks. */
    public enum Way {
        /** The monitor has to notice. */
        READ,
        /** It says so. */
        BLOCKING_CALL,
        /** It does not block, but sleeps: the same without a hand-over. */
        SLEEP
    }

    /** How the task blocks. */
    @Param
    public Way way = Way.READ;

    private CoreManager manager;
    private Core core;
    private Path path;
    private FileInputStream in;
    private FileOutputStream out;
    private CountDownLatch over = new CountDownLatch(0);
    private Future<Integer> blocked = CompletableFuture.completedFuture(0);

    /** Opens the core and the pipe. */
    @Setup(Level.Trial)
    public void open() throws IOException, InterruptedException {
        manager = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(ThreadAffinity.ofProcess().last()))
                .start();
        core = manager.on(manager.cores().first());
        path = Files.createTempDirectory("heddle").resolve("fifo");
        if (new ProcessBuilder("mkfifo", path.toString()).start().waitFor() != 0) {
            throw new IOException("mkfifo failed");
        }
        RandomAccessFile both = new RandomAccessFile(path.toFile(), "rw");
        in = new FileInputStream(path.toFile());
        out = new FileOutputStream(path.toFile());
        both.close();
        Venue.pinSender();
    }

    /** Closes them. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
        manager.close();
        in.close();
        out.close();
        Files.delete(path);
        Files.delete(path.getParent());
    }

    private int block(CountDownLatch over) throws Exception {
        return switch (way) {
            case READ -> in.read();
            case BLOCKING_CALL -> Blocking.call(in::read);
            case SLEEP -> {
                over.await();
                yield 1;
            }
        };
    }

    /** One task that blocks and the next one of its core, from the start of the first to the beginning of the second. */
    @Benchmark
    public void nextTask() throws InterruptedException {
        CountDownLatch ran = new CountDownLatch(1);
        CountDownLatch unblock = new CountDownLatch(1);
        over = unblock;
        blocked = core.submit(() -> {
            core.start(ran::countDown);
            return block(unblock);
        });
        ran.await();
    }

    /** Lets the blocked task end. Not measured. */
    @TearDown(Level.Invocation)
    public void unblock() throws IOException, InterruptedException, ExecutionException {
        if (way == Way.SLEEP) {
            over.countDown();
        } else {
            out.write(1);
        }
        blocked.get();
    }
}
