package dev.heddle.runtime;

/**
 * What a core has done since its manager started. For monitoring: the numbers of one core are read one after the other
 * while it works.
 *
 * <p>In {@linkplain TaskMode#PLATFORM platform mode} there is no dispatch loop, and all from {@code dispatches} on are 0.
 *
 * @param cpu the core
 * @param started tasks of this core whose bodies began to run; those that run anywhere are not among them
 * @param ended those of them whose bodies ended, in whatever way
 * @param failed those of them that threw, those whose exception went into their future too
 * @param dispatches times that a carrier ran something here: a task's beginning, its resumption, or that of another virtual
 *     thread
 * @param parks times that the carrier went to sleep in the kernel for want of work
 * @param wakeUps times that it came back
 * @param channelDepth how many runnable threads of this core are waiting for the carrier now
 * @param highestChannelDepth the most that were waiting when the carrier came for what was sent from outside
 * @param stealableDepth how many runnable threads are waiting here that another core may take
 * @param steals times that this core took from another one
 * @param handOvers times that the core was handed to another carrier, because a task blocked its own or computed for long
 * @param hogs tasks that computed for longer than a time slice
 * @param carriers threads that are pinned to the CPU for this core: its owner, spares, and those that are in a blocked task
 * @param spares those of them that wait to be needed
 * @param pinsLost times that a carrier was found not to be pinned to the CPU any longer
 * @param pinsRestored times that it could be pinned again
 * @param audits times that a carrier has looked which CPU it is on: see {@link CoreManagerBuilder#audit}
 * @param misplaced times that this was another one
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
        long highestChannelDepth,
        long stealableDepth,
        long steals,
        long handOvers,
        long hogs,
        int carriers,
        int spares,
        long pinsLost,
        long pinsRestored,
        long audits,
        long misplaced) {

    /**
     * Returns how many tasks have begun and not ended.
     *
     * @return their number
     */
    public long live() {
        return started - ended;
    }
}
