package dev.heddle.runtime;

/**
 * What is done about a task that computes for longer than a {@linkplain CoreManagerBuilder#timeSlice time slice}: virtual
 * threads are not preempted, so that it holds its core as long as it goes on. In each case it is reported: in the log (at
 * most five times a minute for each core, with its stack), as the flight-recorder event {@code dev.heddle.LongTask}, and in
 * {@link CoreStatistics#hogs()}.
 */
public enum HogPolicy {
    /** Nothing else. What waits for the core waits until the task suspends. */
    REPORT,

    /**
     * Another carrier on the same CPU takes over the core, if something waits for it, so that the kernel shares the CPU
     * between the task and everything else. Both then run at the same time, as threads do: data that tasks of the core share
     * needs locks, or a core that is {@linkplain CoreManagerBuilder#exclusive exclusive}.
     */
    SHARE
}
