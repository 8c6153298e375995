package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.internal.task.Admission;
import dev.heddle.runtime.internal.task.Task;
import dev.heddle.runtime.internal.task.TaskFuture;
import dev.heddle.runtime.internal.task.TaskGroup;
import dev.heddle.runtime.internal.task.TaskStarter;
import java.lang.Thread.UncaughtExceptionHandler;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The scheduling context of one CPU: what turns a body into a thread that runs there, and knows those that do.
 *
 * <p>All methods may be called from any thread. {@link #start(String, Runnable, TaskGroup)} and {@link #newThread} block
 * only where {@link Admission} does.
 */
public abstract sealed class CoreContext implements TaskStarter permits VirtualCoreContext, PlatformCoreContext {
    private final CoreSettings settings;
    private final int cpu;
    private final TaskGroup tasks = new TaskGroup(this::quiescent);
    private final Admission admission;

    CoreContext(CoreSettings settings, int cpu) {
        this.settings = settings;
        this.cpu = cpu;
        this.admission = new Admission(cpu, settings.capacity(), settings.overflow());
    }

    /** Begins to pin what has to be pinned. {@link #awaitStarted()} tells how that went. */
    public abstract void start();

    /**
     * Waits until the core serves.
     *
     * @return what stood in the way, or null if it serves
     */
    public abstract @Nullable Throwable awaitStarted();

    /** Makes the thread of a task that has entered, not started. */
    abstract Thread makeThread(@Nullable String name, Task task);

    /** Makes the thread of a task that enters when the thread is started. */
    abstract Thread makeFactoryThread(@Nullable String name, Task task);

    /** The core is closed and its last task has left. Must not block. */
    abstract void quiescent();

    /** The core's statistics now. */
    public abstract CoreStatistics statistics();

    /**
     * Waits until the carrier is gone, once the last task has ended. It goes when nothing is left to run on it: virtual
     * threads that tasks started by themselves may keep it.
     *
     * @param nanos how long to wait at most
     */
    public abstract void awaitCarrierGone(long nanos) throws InterruptedException;

    @Override
    public final Thread start(@Nullable String name, Runnable body, @Nullable TaskGroup view) {
        Task task = new Task(Objects.requireNonNull(body, "task"), tasks, admission, view);
        boolean started = false;
        try {
            if (!task.tryEnterView()) {
                throw new RejectedExecutionException("this executor of " + this + " has been shut down");
            }
            requireOpen(); // before the wait for a place, which a closed core may never give
            task.takePlace();
            if (!task.tryEnter()) {
                throw closed();
            }
            Thread thread = withHandler(makeThread(name, task));
            thread.start();
            started = true;
            return thread;
        } finally {
            if (!started) {
                task.cancelStart();
            }
        }
    }

    /** Starts a task whose result is wanted. */
    public final <T extends @Nullable Object> Future<T> submit(Callable<T> callable) {
        TaskFuture<T> future = new TaskFuture<>(Objects.requireNonNull(callable, "task"));
        start(null, future, null);
        return future;
    }

    /** Makes a thread that the caller starts. It holds its place from now until it first runs. */
    public final Thread newThread(@Nullable String name, Runnable body) {
        Task task = new Task(Objects.requireNonNull(body, "task"), tasks, admission, null);
        boolean made = false;
        try {
            requireOpen();
            task.takePlace();
            requireOpen();
            Thread thread = withHandler(makeFactoryThread(name, task));
            made = true;
            return thread;
        } finally {
            if (!made) {
                task.cancelStart();
            }
        }
    }

    private Thread withHandler(Thread thread) {
        UncaughtExceptionHandler handler = settings.uncaughtExceptionHandler();
        if (handler != null) {
            thread.setUncaughtExceptionHandler(handler);
        }
        return thread;
    }

    private void requireOpen() {
        if (tasks.isClosed()) {
            throw closed();
        }
    }

    private RejectedExecutionException closed() {
        return new RejectedExecutionException(
                "core " + cpu + " takes no more tasks: manager '" + settings.name() + "' has been shut down");
    }

    /** Admits no more tasks; when the last one has left, the core ends. */
    public final void close() {
        if (tasks.close()) {
            admission.releaseAll();
        }
    }

    /** Interrupts every live task. */
    public final void interruptAll() {
        tasks.interruptAll();
    }

    public final int cpu() {
        return cpu;
    }

    public final TaskGroup tasks() {
        return tasks;
    }

    final CoreSettings settings() {
        return settings;
    }

    @Override
    public final String toString() {
        return "core " + cpu + " of manager '" + settings.name() + "'";
    }
}
