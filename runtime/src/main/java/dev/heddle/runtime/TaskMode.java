package dev.heddle.runtime;

/** As what kind of thread tasks run. */
public enum TaskMode {
    /**
     * {@link #VIRTUAL} where the JDK's scheduler hook is open, else {@link #PLATFORM}, with one warning that names the
     * flag to add.
     */
    AUTO,

    /** Virtual threads on one pinned carrier a core. Needs {@code --add-opens java.base/java.lang=...}. */
    VIRTUAL,

    /**
     * Platform threads, each pinned to its core's CPU. Needs no flag; a task costs what an operating system's thread costs
     * (tens of microseconds, and a stack), and the kernel shares the CPU between the tasks of a core.
     */
    PLATFORM
}
