package dev.heddle.benchmarks.server;

import java.util.concurrent.TimeUnit;

/** When a thread that spins was held up by others that had its CPU, by the gaps between its looks at the clock. For that thread. */
final class HoldUps {
    /** Between two looks stand some system calls of microseconds. What is so much longer is a CPU that was taken away. */
    private static final long GAP_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private long lookedAt;
    private long until;

    /** How often the sockets have been asked. */
    private long passes;

    /** The last pass whose answers may have waited for this thread. */
    private long lastHeldUpPass;

    HoldUps(long now) {
        lookedAt = now;
        until = now;
    }

    /** A look at the clock. */
    void look(long now) {
        if (now - lookedAt > GAP_NANOS) {
            until = now;
            lastHeldUpPass = passes + 1; // the next one finds what has come meanwhile
        }
        lookedAt = now;
    }

    /** The sockets are about to be asked. */
    void beginPass() {
        passes++;
    }

    /** When the last one ended: what was due before that could not be sent in time. */
    long until() {
        return until;
    }

    /** Whether an answer of this pass may have waited for this thread, and not this thread for it. */
    boolean mayHaveDelayedThisPass() {
        return passes <= lastHeldUpPass;
    }
}
