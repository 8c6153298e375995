package dev.heddle.runtime.internal.task;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** The future of a submitted task. */
public final class TaskFuture<T extends @Nullable Object> extends FutureTask<T> {
    /** Written and read by the task's own thread. */
    private boolean failed;

    /** A future of what the callable returns. */
    public TaskFuture(Callable<T> callable) {
        super(callable);
    }

    TaskFuture(Runnable runnable, T result) {
        super(runnable, result);
    }

    @Override
    protected void setException(Throwable thrown) {
        failed = true;
        super.setException(thrown);
    }

    boolean hasFailed() {
        return failed;
    }

    void fail(Throwable thrown) {
        setException(thrown);
    }
}
