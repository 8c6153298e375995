package dev.heddle.runtime;

import dev.heddle.runtime.internal.task.TaskExecutorService;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A place to start tasks in, and the ways to do so: a {@link Core}, a core that is {@linkplain Core#preferred() preferred},
 * or {@linkplain CoreManager#anywhere() anywhere}. Each task runs on a thread of its own.
 *
 * <p>All methods may be called from any thread, the place's own tasks included. Those that start something block only if
 * the manager has a {@linkplain CoreManagerBuilder#capacity(int) capacity} and the policy {@link OverflowPolicy#BLOCK},
 * and throw {@link RejectedExecutionException} when the place takes no more tasks, because the manager has been shut down or
 * a {@linkplain CoreManager#resize(dev.heddle.affinity.CpuSet, ResizePolicy) resize} has removed the core, or when a new
 * task is refused by policy.
 *
 * <p>A {@link StackOverflowError} inside one of these calls ends the call, not the core. Whether the task was started is
 * then open, as it is for {@link Thread#start()}, and it may count as live for ever: close such a manager with {@link
 * CoreManager#closeWithin}.
 */
public abstract sealed class TaskLauncher permits Core, TaskLauncher.OfPlace {
    private final TaskPlace place;

    TaskLauncher(TaskPlace place) {
        this.place = place;
    }

    /**
     * Starts a task. What it throws goes to the manager's handler of uncaught exceptions.
     *
     * @param task what to run
     * @return its thread, started
     * @throws RejectedExecutionException if the task is refused
     */
    public final Thread start(Runnable task) {
        return place.start(null, task, null);
    }

    /**
     * Starts a task on a thread with a name.
     *
     * @param name the thread's name
     * @param task what to run
     * @return its thread, started
     * @throws RejectedExecutionException if the task is refused
     */
    public final Thread start(String name, Runnable task) {
        return place.start(Objects.requireNonNull(name, "name"), task, null);
    }

    /**
     * Starts a task whose result is wanted. Cancelling the future with {@code true} interrupts the task.
     *
     * @param task what to call
     * @param <T> what it returns
     * @return its future
     * @throws RejectedExecutionException if the task is refused
     */
    public final <T extends @Nullable Object> Future<T> submit(Callable<T> task) {
        return place.submit(task);
    }

    /**
     * Starts a task whose end is awaited, or that may be cancelled. Its future has no result, and tells what the task threw.
     * Cancelling it with {@code true} interrupts the task.
     *
     * @param task what to run
     * @return its future
     * @throws RejectedExecutionException if the task is refused
     */
    public final Future<?> submit(Runnable task) {
        return place.submit(task);
    }

    /**
     * Returns a new executor that runs each of its tasks on a new thread in this place.
     *
     * <p>It has a life of its own: closing it waits for, and {@link ExecutorService#shutdownNow()} interrupts, the tasks
     * that came through it, and no others; the place goes on serving. As every task is a thread from the moment it is
     * accepted, {@code shutdownNow} returns an empty list.
     *
     * @return an open executor, for the caller to close
     */
    public final ExecutorService executor() {
        return new TaskExecutorService(place);
    }

    /**
     * Returns a factory whose threads run in this place.
     *
     * <p>The manager's close waits for such a thread from its start on, not for one that has not been started. (In platform
     * mode, one that the JDK's own executors or a StructuredTaskScope start counts from when it first runs: close those
     * first.) One that was made before the shutdown, or before a resize removed its core, may be started after it; once the
     * manager has terminated, nothing waits for it, nor for one that is started after yet another resize. With a capacity, a thread holds its place from its making until it first runs, and one that is never started
     * holds it for ever: start what you make. A scope that is cancelled between the two does not, so give it a core without
     * a capacity.
     *
     * @return the factory; it throws {@link RejectedExecutionException} where a task would be refused
     */
    public final ThreadFactory threadFactory() {
        return task -> place.newThread(null, task);
    }

    /**
     * Returns a factory whose threads run in this place and are named by a prefix and a number, from 0 on.
     *
     * @param prefix the beginning of their names
     * @return the factory; it throws {@link RejectedExecutionException} where a task would be refused
     */
    public final ThreadFactory threadFactory(String prefix) {
        Objects.requireNonNull(prefix, "prefix");
        AtomicLong next = new AtomicLong();
        return task -> place.newThread(prefix + next.getAndIncrement(), task);
    }

    @Override
    public final String toString() {
        return place.toString();
    }

    /** A place that is not a core of its own. */
    static final class OfPlace extends TaskLauncher {
        OfPlace(TaskPlace place) {
            super(place);
        }
    }
}
