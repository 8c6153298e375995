package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Starts tasks round robin over the cores, or anywhere, and collects where each one was at every look. */
final class Experiment {
    private final CpuSet cores;
    private final int tasks;
    private final Work work;
    private final int samples;
    private final boolean any;
    private final LongAdder looks = new LongAdder();

    /**
     * Describes an experiment.
     *
     * @param any whether the tasks may run on any of the cores, instead of one each
     */
    Experiment(CpuSet cores, int tasks, Work work, int samples, boolean any) {
        this.cores = cores;
        this.tasks = tasks;
        this.work = work;
        this.samples = samples;
        this.any = any;
    }

    /** Starts a named task on a core, or, if that is {@link TaskRecord#ANY} or the scheduler knows no cores, anywhere. */
    interface Launcher {
        void start(int core, String name, Runnable body);
    }

    /** Looks taken so far, in all runs. From any thread. */
    long looks() {
        return looks.sum();
    }

    long looksWanted() {
        return (long) tasks * samples;
    }

    /** Runs all tasks and waits for them. The first exception of a task is thrown when all have ended. */
    RunResult run(String scheduler, String mode, Launcher launcher) throws IOException, InterruptedException {
        Map<Integer, Workshop> workshops = new TreeMap<>();
        try {
            for (int core : any ? new int[] {TaskRecord.ANY} : cores.toArray()) {
                workshops.put(core, new Workshop(work));
            }
            return run(scheduler, mode, launcher, workshops);
        } finally {
            for (Workshop workshop : workshops.values()) {
                workshop.close();
            }
        }
    }

    private RunResult run(String scheduler, String mode, Launcher launcher, Map<Integer, Workshop> workshops)
            throws InterruptedException {
        int[] cpus = cores.toArray();
        List<TaskRecord> records = new ArrayList<>(tasks);
        CountDownLatch ended = new CountDownLatch(tasks);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        for (int task = 0; task < tasks; task++) {
            int core = any ? TaskRecord.ANY : cpus[task % cpus.length];
            TaskRecord record = new TaskRecord(task, core);
            Workshop workshop = Objects.requireNonNull(workshops.get(core));
            records.add(record);
            start(launcher, core, task, () -> {
                try {
                    observe(record, workshop);
                } catch (Throwable t) {
                    failure.compareAndSet(null, t);
                } finally {
                    ended.countDown();
                }
            });
        }
        ended.await();
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new IllegalStateException("a task failed: " + thrown, thrown);
        }
        return new RunResult(scheduler, mode, cores, records);
    }

    private void start(Launcher launcher, int core, int task, Runnable body) {
        try {
            launcher.start(core, "task-" + task, body);
        } catch (OutOfMemoryError noThread) {
            throw new IllegalStateException(
                    "only " + task + " of " + tasks + " tasks could be started (" + noThread.getMessage()
                            + "): ask for fewer, or run them as virtual threads",
                    noThread);
        }
    }

    private void observe(TaskRecord record, Workshop workshop) throws InterruptedException {
        long start = System.nanoTime();
        for (int sample = 0; sample < samples; sample++) {
            workshop.step(work.at(sample));
            record.look(ThreadAffinity.currentCpu());
            looks.increment();
        }
        record.finish(Thread.currentThread().getName(), System.nanoTime() - start);
    }
}
