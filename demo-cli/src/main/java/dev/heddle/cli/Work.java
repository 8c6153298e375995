package dev.heddle.cli;

/** What a task does between two looks at its CPU. */
enum Work {
    /** Computes for some microseconds. */
    SPIN,
    /** {@link Thread#yield()}. */
    YIELD,
    /** Sleeps for 100 microseconds. */
    SLEEP,
    /** Takes a lock, then a monitor, that the other tasks of the core want too, and suspends while it holds them. */
    LOCK,
    /** Sends a byte over a loopback connection and waits for it to come back. */
    IO,
    /** Each of them in turn. */
    MIXED;

    private static final Work[] SINGLE = {SPIN, YIELD, SLEEP, LOCK, IO};

    /** What is done before the look with this number. */
    Work at(int sample) {
        return this == MIXED ? SINGLE[sample % SINGLE.length] : this;
    }

    boolean needsConnections() {
        return this == IO || this == MIXED;
    }
}
