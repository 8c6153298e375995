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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
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

    /** Counted down when, after the close, nothing of this core runs any more. */
    private final CountDownLatch ended = new CountDownLatch(1);

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
     * @throws java.util.concurrent.ExecutionException with what stood in the way
     */
    public abstract void awaitStarted() throws InterruptedException, java.util.concurrent.ExecutionException;

    /** Makes the thread of a task, not started. */
    abstract Thread makeThread(@Nullable String name, Task task);

    /** The core is closed and its last task has left. Must not block. */
    abstract void quiescent();

    /** The core's statistics now. */
    public abstract CoreStatistics statistics();

    /** Waits for the threads that served this core, once it has {@link #awaitEnd ended}. */
    public abstract void joinCarrier() throws InterruptedException;

    @Override
    public final Thread start(@Nullable String name, Runnable body, @Nullable TaskGroup view) {
        Objects.requireNonNull(body, "task");
        requireOpen(); // before the wait for a place, which a closed core may never give
        admission.acquire();
        boolean entered = false;
        boolean started = false;
        try {
            entered = tasks.tryEnter();
            if (!entered) {
                throw closed();
            }
            Thread thread = withHandler(makeThread(name, new Task(body, tasks, admission, false, view)));
            thread.start();
            started = true;
            return thread;
        } finally {
            if (!started) {
                admission.release();
                if (entered) {
                    tasks.leave();
                }
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
        Objects.requireNonNull(body, "task");
        requireOpen();
        admission.acquire();
        boolean made = false;
        try {
            requireOpen();
            Thread thread = withHandler(makeThread(name, new Task(body, tasks, admission, true, null)));
            made = true;
            return thread;
        } finally {
            if (!made) {
                admission.release();
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

    /** Waits until nothing of this core runs any more. Returns false if the time ran out first. */
    public final boolean awaitEnd(long nanos) throws InterruptedException {
        return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** Whether nothing of this core runs any more. */
    public final boolean hasEnded() {
        return ended.getCount() == 0;
    }

    final void markEnded() {
        ended.countDown();
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
