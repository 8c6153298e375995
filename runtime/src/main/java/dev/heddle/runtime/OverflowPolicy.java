package dev.heddle.runtime;

/** What the sender of a new task meets when as many tasks wait to start on a core as its capacity says. */
public enum OverflowPolicy {
    /**
     * It waits for a place. A virtual thread parks, and lets its own core go on; an interrupt ends the wait with a {@link
     * java.util.concurrent.RejectedExecutionException}, and the interrupt status set.
     */
    BLOCK,

    /** It gets a {@link java.util.concurrent.RejectedExecutionException} at once. */
    REJECT
}
