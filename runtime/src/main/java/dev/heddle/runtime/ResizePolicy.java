package dev.heddle.runtime;

/** What becomes of the tasks of a core that {@link CoreManager#resize} removes. Those that may run anywhere go on elsewhere. */
public enum ResizePolicy {
    /** The resize is refused, and nothing changes, if a core that it would remove has tasks that have not ended. */
    REFUSE,

    /** They are interrupted. Until they have ended, their core goes on serving them, and no others. */
    FAIL,

    /**
     * They go on at one of the cores that stay, those that run from their next suspension on, and on an exclusive core the others not before
     * that: the one promise that a task is on its core every
     * time it looks is then given up for them, at the caller's word. In {@linkplain TaskMode#PLATFORM platform mode} they stay
     * where they are until they end.
     */
    MOVE
}
