package dev.heddle.runtime.internal.dispatch;

import java.util.StringJoiner;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** In a flight recording: a task has run for longer than a time slice. */
@Name("dev.heddle.LongTask")
@Label("Long Task")
@Category("Heddle")
@Description("A task has run on its core for longer than a time slice without a suspension")
@StackTrace(false) // it would be the monitor's
final class LongTaskEvent extends Event {
    @Label("CPU")
    int cpu;

    @Label("Task")
    @Nullable
    String task;

    @Label("Running For")
    @Timespan(Timespan.NANOSECONDS)
    long runningFor;

    @Label("Stack of the Task")
    @Nullable
    String stack;

    static void commit(int cpu, String task, long nanos, StackTraceElement[] stack) {
        LongTaskEvent event = new LongTaskEvent();
        if (event.shouldCommit()) {
            StringJoiner lines = new StringJoiner("\n");
            for (StackTraceElement element : stack) {
                lines.add(element.toString());
            }
            event.cpu = cpu;
            event.task = task;
            event.runningFor = nanos;
            event.stack = lines.toString();
            event.commit();
        }
    }
}
