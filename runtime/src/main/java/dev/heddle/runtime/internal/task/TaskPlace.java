package dev.heddle.runtime.internal.task;

import java.lang.Thread.UncaughtExceptionHandler;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Somewhere that tasks can be started: a core, a core that is preferred, anywhere. Turns a body into a thread that runs
 * there, and knows those that do.
 *
 * <p>All methods may be called from any thread. Those that start something block only where {@link Admission} does.
 */
public final class TaskPlace {
    private final String description;
    private final Admission admission;
    private final @Nullable UncaughtExceptionHandler handler;
    private final ThreadMaker threads;
    private final Stripes stripes;
    private final TaskGroup tasks;
    private final Consumer<Thread> starter;

    private volatile String closedBecause = "";

    /**
     * Makes a place that is open.
     *
     * @param description what it is, for messages
     * @param admission how many may wait there
     * @param handler the handler of every task's thread, or null for the JDK's default
     * @param threads what makes them run there
     * @param stripes the books that are kept of its tasks
     * @param onQuiescent called at least once when the place is closed and its last task has left. It must not block
     */
    public TaskPlace(
            String description,
            Admission admission,
            @Nullable UncaughtExceptionHandler handler,
            ThreadMaker threads,
            Stripes stripes,
            Runnable onQuiescent) {
        this.description = description;
        this.admission = admission;
        this.handler = handler;
        this.threads = threads;
        this.stripes = stripes;
        this.tasks = new TaskGroup(stripes, onQuiescent);
        this.starter = threads.starter(description, tasks::threads);
    }

    /**
     * Starts a task on a thread of its own.
     *
     * @param name the thread's name, or null for none
     * @param body what it runs
     * @param view a group that the task enters beside the place's, or null
     * @return the started thread
     * @throws RejectedExecutionException if the place or the view is closed, or the place is full
     */
    public Thread start(@Nullable String name, Runnable body, @Nullable TaskGroup view) {
        Task task = new Task(Objects.requireNonNull(body, "task"), this, view);
        boolean started = false;
        try {
            if (!task.tryEnterView()) {
                throw new RejectedExecutionException("this executor of " + this + " has been shut down");
            }
            requireOpen(); // before the wait for a place, which a closed one may never give
            task.takePlace();
            if (!task.tryEnter()) {
                throw closed();
            }
            Thread thread = withHandler(threads.make(name, task));
            starter.accept(thread);
            started = true;
            return thread;
        } finally {
            if (!started) {
                task.cancelStart();
            }
        }
    }

    /** Starts a task whose result is wanted. */
    public <T extends @Nullable Object> Future<T> submit(Callable<T> callable) {
        TaskFuture<T> future = new TaskFuture<>(Objects.requireNonNull(callable, "task"));
        start(null, future, null);
        return future;
    }

    /** Starts a task; its future has no result. */
    public Future<?> submit(Runnable body) {
        TaskFuture<@Nullable Void> future = new TaskFuture<>(Objects.requireNonNull(body, "task"), null);
        start(null, future, null);
        return future;
    }

    /** Makes a thread that the caller starts. It holds its place from now until it first runs. */
    public Thread newThread(@Nullable String name, Runnable body) {
        Task task = new Task(Objects.requireNonNull(body, "task"), this, null);
        boolean made = false;
        try {
            requireOpen();
            task.takePlace();
            requireOpen();
            Thread thread = withHandler(threads.makeForFactory(name, task));
            made = true;
            return thread;
        } finally {
            if (!made) {
                task.cancelStart();
            }
        }
    }

    private Thread withHandler(Thread thread) {
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
        return new RejectedExecutionException(description + " takes no more tasks: " + closedBecause);
    }

    /** Admits no more tasks. The first reason that is given is the one that senders are told; of two at once, either. */
    public void close(String because) {
        if (!tasks.isClosed()) {
            closedBecause = because;
        }
        if (tasks.close()) {
            admission.releaseAll();
        }
    }

    /**
     * Admits no more tasks if there are none now: {@link #close} makes that final, {@link #reopen} takes it back.
     *
     * @return whether it was open and there were none
     */
    public boolean suspendIfIdle(String because) {
        if (!tasks.suspendIfIdle()) {
            return false;
        }
        closedBecause = because;
        return true;
    }

    /** Takes back what {@link #suspendIfIdle} did. */
    public void reopen() {
        tasks.reopen();
    }

    /** Interrupts every live task, and those that have yet to begin. */
    public void interruptAll() {
        tasks.interruptAll();
    }

    Stripes stripes() {
        return stripes;
    }

    Admission admission() {
        return admission;
    }

    public TaskGroup tasks() {
        return tasks;
    }

    @Override
    public String toString() {
        return description;
    }
}
