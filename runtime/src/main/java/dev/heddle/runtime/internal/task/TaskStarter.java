package dev.heddle.runtime.internal.task;

import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Starts tasks somewhere. */
public interface TaskStarter {
    /**
     * Starts a task on a thread of its own.
     *
     * @param name the thread's name, or null for none
     * @param body what it runs
     * @param view a group that the task enters beside the core's, or null
     * @return the started thread
     * @throws RejectedExecutionException if the place or the view is closed, or the place is full
     */
    Thread start(@Nullable String name, Runnable body, @Nullable TaskGroup view);
}
