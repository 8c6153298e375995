package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.OverflowPolicy;
import dev.heddle.runtime.internal.task.Admission;
import dev.heddle.runtime.internal.task.Stripes;
import dev.heddle.runtime.internal.task.TaskPlace;
import dev.heddle.runtime.internal.task.ThreadMaker;
import java.lang.Thread.UncaughtExceptionHandler;
import org.jspecify.annotations.Nullable;

/**
 * What all cores of a manager are told.
 *
 * @param name the manager's name
 * @param spinNanos how long an idle carrier looks for work before it parks: 0 for not at all, {@link Long#MAX_VALUE} for
 *     ever
 * @param capacity how many tasks may wait to start in a place
 * @param overflow what a sender meets beyond that
 * @param uncaughtExceptionHandler the handler of every task's thread, or null for the JDK's default
 * @param pinning how a thread is put on a CPU
 * @param sliceNanos how long a task may run before it is a hog
 * @param shareWithHogs whether a core that a hog holds is handed to another carrier
 * @param exclusive the cores that are never handed over but by a blocking call
 * @param auditEvery after how many dispatches a carrier looks which CPU it is on, or 0 for never
 * @param neighbourhood how near the CPUs are to each other
 * @param shuffleSeed where the order of dispatch comes from, or null for the usual one
 */
public record CoreSettings(
        String name,
        long spinNanos,
        int capacity,
        OverflowPolicy overflow,
        @Nullable UncaughtExceptionHandler uncaughtExceptionHandler,
        Pinning pinning,
        long sliceNanos,
        boolean shareWithHogs,
        CpuSet exclusive,
        int auditEvery,
        Neighbourhood neighbourhood,
        @Nullable Long shuffleSeed) {

    /** Makes a place that tasks can be started in. */
    TaskPlace place(String description, ThreadMaker threads, Stripes stripes, Runnable onQuiescent) {
        return new TaskPlace(
                description + " of manager '" + name + "'",
                new Admission(description, capacity, overflow),
                uncaughtExceptionHandler,
                threads,
                stripes,
                onQuiescent);
    }
}
