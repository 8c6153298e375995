package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.internal.task.Task;
import dev.heddle.runtime.internal.task.ThreadMaker;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes platform threads, each of which pins itself, and verifies that, before it runs its task. */
public final class PlatformThreads implements ThreadMaker {
    private final CoreSettings settings;
    private final Supplier<CpuSet> cpus;
    private final @Nullable CoreContext core;

    /**
     * Makes the maker of one place.
     *
     * @param settings of the manager
     * @param cpus asked for each thread: where it is to run
     * @param core the core that the place is, or null
     */
    public PlatformThreads(CoreSettings settings, Supplier<CpuSet> cpus, @Nullable CoreContext core) {
        this.settings = settings;
        this.cpus = cpus;
        this.core = core;
    }

    @Override
    public Thread make(@Nullable String name, Task task) {
        return new TaskThread(this, name == null ? "" : name, task, false);
    }

    @Override
    public Thread makeForFactory(@Nullable String name, Task task) {
        return new TaskThread(this, name == null ? "" : name, task, true);
    }

    @Override
    public Consumer<Thread> starter(String place, Supplier<Stream<Thread>> live) {
        return Thread::start;
    }

    /** A platform thread that is a task. */
    public static final class TaskThread extends Thread implements CoreThread {
        private final PlatformThreads maker;
        private final Task task;
        private final boolean entersAtStart;

        TaskThread(PlatformThreads maker, String name, Task task, boolean entersAtStart) {
            super(null, null, name, 0, true);
            this.maker = maker;
            this.task = task;
            this.entersAtStart = entersAtStart;
            setDaemon(true); // as virtual threads are
        }

        @Override
        public void start() {
            if (!entersAtStart) {
                super.start();
                return;
            }
            task.enterAtStart();
            boolean started = false;
            try {
                super.start();
                started = true;
            } finally {
                if (!started) {
                    task.cancelStart();
                }
            }
        }

        @Override
        public @Nullable CoreContext core() {
            return maker.core;
        }

        @Override
        public CoreSettings settings() {
            return maker.settings;
        }

        @Override
        public void run() {
            if (!equals(Thread.currentThread())) {
                return; // called as a method: that would pin the caller. A virtual thread's run does nothing either
            }
            try {
                maker.settings.pinning().pinTo(maker.cpus.get());
            } catch (Throwable notPinned) {
                task.abandon(notPinned);
                return;
            }
            task.run();
        }
    }
}
