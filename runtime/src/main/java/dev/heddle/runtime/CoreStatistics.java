package dev.heddle.runtime;

/**
 * What a core has done since its manager started. For monitoring: the numbers of one core are read one after the other
 * while it works.
 *
 * <p>In {@linkplain TaskMode#PLATFORM platform mode} there is no dispatch loop, and the last five are 0.
 *
 * @param cpu the core
 * @param started tasks whose bodies began to run
 * @param ended tasks whose bodies ended, in whatever way
 * @param failed tasks whose bodies threw, those whose exception went into their future too
 * @param dispatches times that the carrier ran something: a task's beginning, its resumption, or that of another virtual
 *     thread of this core
 * @param parks times that the carrier went to sleep in the kernel for want of work
 * @param wakeUps times that it came back
 * @param channelDepth how many runnable threads are waiting for the carrier now
 * @param highestChannelDepth the most that were waiting when the carrier came for them
 */
public record CoreStatistics(
        int cpu,
        long started,
        long ended,
        long failed,
        long dispatches,
        long parks,
        long wakeUps,
        long channelDepth,
        long highestChannelDepth) {

    /**
     * Returns how many tasks have begun and not ended.
     *
     * @return their number
     */
    public long live() {
        return started - ended;
    }
}
