package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.OverflowPolicy;
import java.lang.Thread.UncaughtExceptionHandler;
import org.jspecify.annotations.Nullable;

/**
 * What all cores of a manager are told.
 *
 * @param name the manager's name
 * @param spinNanos how long an idle carrier looks for work before it parks: 0 for not at all, {@link Long#MAX_VALUE} for
 *     ever
 * @param capacity how many tasks may wait to start on a core
 * @param overflow what a sender meets beyond that
 * @param uncaughtExceptionHandler the handler of every task's thread, or null for the JDK's default
 * @param pinning how a thread is put on a CPU
 */
public record CoreSettings(
        String name,
        long spinNanos,
        int capacity,
        OverflowPolicy overflow,
        @Nullable UncaughtExceptionHandler uncaughtExceptionHandler,
        Pinning pinning) {

    /** Puts the calling thread on a CPU for good, or throws. Another than the real one only in tests and baselines. */
    @FunctionalInterface
    public interface Pinning {
        /** Returns when the calling thread is on this CPU and cannot leave it. */
        void pinTo(int cpu);
    }
}
