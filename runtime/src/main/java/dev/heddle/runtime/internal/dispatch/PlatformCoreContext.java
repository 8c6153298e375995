package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.task.Task;
import dev.heddle.runtime.internal.task.TaskGroup;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A core whose tasks are platform threads, where the JDK's hook is closed: each pins itself to the CPU, and verifies that,
 * before it runs its body. The kernel shares the CPU between them; there is no channel and no dispatch loop.
 */
public final class PlatformCoreContext extends CoreContext {
    /** Makes the context of a CPU. */
    public PlatformCoreContext(CoreSettings settings, int cpu) {
        super(settings, cpu);
    }

    @Override
    public void start() {}

    /** Tries the pin once, on a thread of its own, so that a CPU that cannot be had is known before the first task. */
    @Override
    public @Nullable Throwable awaitStarted() {
        try {
            JdkThreads.callUnpinned(settings().name() + "-probe-" + cpu(), () -> {
                settings().pinning().pinTo(cpu());
                return true;
            });
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    @Override
    Thread makeThread(@Nullable String name, Task task) {
        return new TaskThread(this, name == null ? "" : name, task, false);
    }

    @Override
    Thread makeFactoryThread(@Nullable String name, Task task) {
        return new TaskThread(this, name == null ? "" : name, task, true);
    }

    @Override
    void quiescent() {}

    @Override
    public void awaitCarrierGone(long nanos) {}

    @Override
    public CoreStatistics statistics() {
        TaskGroup.Counts counts = tasks().counts();
        return new CoreStatistics(cpu(), counts.started(), counts.ended(), counts.failed(), 0, 0, 0, 0, 0);
    }

    /** A platform thread that is a task. */
    public static final class TaskThread extends Thread {
        private final PlatformCoreContext core;
        private final Task task;

        private final boolean entersAtStart;

        TaskThread(PlatformCoreContext core, String name, Task task, boolean entersAtStart) {
            super(null, null, name, 0, true);
            this.core = core;
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

        /** The core that this thread is pinned to. */
        public CoreContext core() {
            return core;
        }

        @Override
        public void run() {
            if (!equals(Thread.currentThread())) {
                return; // called as a method: that would pin the caller. A virtual thread's run does nothing either
            }
            try {
                core.settings().pinning().pinTo(core.cpu());
            } catch (Throwable notPinned) {
                task.abandon(notPinned);
                return;
            }
            task.run();
        }
    }
}
