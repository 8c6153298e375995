package dev.heddle.runtime.internal.dispatch;

import java.lang.System.Logger.Level;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Logs what has gone wrong beside the tasks. Never throws: who reports a failure goes on after it. */
final class FailureLog {
    private FailureLog() {}

    static void warning(Class<?> by, Supplier<String> text) {
        log(by, Level.WARNING, text, null);
    }

    static void error(Class<?> by, Supplier<String> text, Throwable why) {
        log(by, Level.ERROR, text, why);
    }

    private static void log(Class<?> by, Level level, Supplier<String> text, @Nullable Throwable why) {
        try {
            System.getLogger(by.getName()).log(level, text.get(), why);
        } catch (Throwable outOfMemory) {
            // There is nothing left to say it with.
        }
    }
}
