package dev.heddle.runtime.internal.dispatch;

import java.lang.System.Logger.Level;
import java.util.function.Supplier;

/** Logs what has gone wrong beside the tasks. Neither method throws: who reports a failure goes on after it. */
final class FailureLog {
    private FailureLog() {}

    static void warning(Class<?> by, Supplier<String> text) {
        try {
            System.getLogger(by.getName()).log(Level.WARNING, text.get());
        } catch (Throwable outOfMemory) {
            // There is nothing left to say it with.
        }
    }

    /** Logs "WHO: WHAT". The caller allocates nothing for it, not even a lambda: that may be what has failed. */
    static void error(Class<?> by, Object who, String what, Throwable why) {
        try {
            System.getLogger(by.getName()).log(Level.ERROR, who + ": " + what, why);
        } catch (Throwable outOfMemory) {
            // There is nothing left to say it with.
        }
    }
}
