package dev.heddle.runtime;

import dev.heddle.runtime.internal.jdk.JdkThreads;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** A trace of what a manager's cores do, a line in each interval, until it is closed or the manager has terminated. */
public final class Schedtrace implements AutoCloseable {
    private final CoreManager manager;
    private final long intervalNanos;
    private final Consumer<String> sink;
    private final Thread thread;
    private volatile boolean closed;

    Schedtrace(CoreManager manager, Duration interval, Consumer<String> sink) {
        if (!interval.isPositive()) {
            throw new IllegalArgumentException("a trace needs an interval of more than 0, not " + interval);
        }
        this.manager = manager;
        this.intervalNanos = SaturatedNanos.of(interval);
        this.sink = Objects.requireNonNull(sink, "sink");
        this.thread = Thread.ofPlatform()
                .name(manager.name() + "-schedtrace")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .start(this::run);
    }

    private void run() {
        JdkThreads.widen(); // a task may have made it
        long began = System.nanoTime();
        long next = began + intervalNanos;
        while (!closed && !manager.isTerminated()) {
            long left = next - System.nanoTime();
            if (left > 0) {
                LockSupport.parkNanos(this, left);
            } else {
                next = Math.max(next, System.nanoTime() - intervalNanos)
                        + intervalNanos; // what was missed is not made up
                print(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
            }
        }
    }

    private void print(long millis) {
        try {
            sink.accept(
                    "SCHED " + millis + "ms: " + manager.schedulerStatistics().toLine());
        } catch (Throwable e) {
            System.getLogger(Schedtrace.class.getName()).log(Level.WARNING, "a line of the trace was not taken", e);
        }
    }

    /** Prints no more lines once it has returned, but for one that is being printed. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
