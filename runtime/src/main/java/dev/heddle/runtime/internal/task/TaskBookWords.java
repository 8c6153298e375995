package dev.heddle.runtime.internal.task;

import dev.heddle.runtime.internal.padding.PaddingBefore;
import org.jspecify.annotations.Nullable;

/** The words of a {@link TaskBook}. */
abstract class TaskBookWords extends PaddingBefore {
    @SuppressWarnings("UnusedVariable") // through TaskBook.LOCK
    volatile int lock;

    // Guarded by lock.
    TaskGroup.@Nullable Member first;
    long started;
    long ended;
    long failed;

    /** Who ends here counts in the group too. */
    boolean closed;
}
