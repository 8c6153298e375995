package dev.heddle.runtime.internal.task;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A view of a place as an executor: a thread for every task, a life cycle of its own.
 *
 * <p>Closing it waits for, and {@link #shutdownNow()} interrupts, the tasks that came through this view and no others.
 * A task is a thread from the moment it is accepted, so that none of them never commences and {@code shutdownNow} returns
 * an empty list.
 */
public final class TaskExecutorService extends AbstractExecutorService {
    /** A view may be made for each request: it has fewer books than its place. */
    private static final int MOST_STRIPES = 4;

    private final TaskPlace place;
    private final TaskGroup tasks;

    /**
     * Makes an open view.
     *
     * @param place where its tasks run
     */
    public TaskExecutorService(TaskPlace place) {
        this.place = place;
        this.tasks = new TaskGroup(place.stripes().atMost(MOST_STRIPES), () -> {});
    }

    @Override
    public void execute(Runnable command) {
        place.start(null, Objects.requireNonNull(command, "command"), tasks);
    }

    @Override
    protected <T extends @Nullable Object> RunnableFuture<T> newTaskFor(Callable<T> callable) {
        return new TaskFuture<>(callable);
    }

    @Override
    protected <T extends @Nullable Object> RunnableFuture<T> newTaskFor(Runnable runnable, T value) {
        return new TaskFuture<>(runnable, value);
    }

    @Override
    public void shutdown() {
        tasks.close();
    }

    @Override
    public List<Runnable> shutdownNow() {
        tasks.close();
        tasks.interruptAll();
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return tasks.isClosed();
    }

    @Override
    public boolean isTerminated() {
        return tasks.isQuiescent();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        return tasks.await(unit.toNanos(timeout));
    }

    @Override
    public String toString() {
        return "executor of " + place + (isShutdown() ? ", shut down, " : ", ") + tasks.live() + " live tasks";
    }
}
