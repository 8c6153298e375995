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
     * @param view the group that it has entered beside the core's, or null. It leaves that group when it ends; if this
     *     method throws, it has not left
     * @return the started thread
     * @throws RejectedExecutionException if the place is closed, or full
     */
    Thread start(@Nullable String name, Runnable body, @Nullable TaskGroup view);
}
