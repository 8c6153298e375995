package dev.heddle.runtime;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What the cores of a manager are doing together, at one moment or nearly. For monitoring. All but the first and the last three are
 * 0 in {@linkplain TaskMode#PLATFORM platform mode}.
 *
 * @param cores how many cores the manager has
 * @param idle how many of them rest
 * @param spinning how many look for work at the others
 * @param carriers threads that are pinned for them, and for cores that were removed and serve tasks still
 * @param spares carriers that wait to be needed
 * @param globalQueue runnable threads that belong to no core
 * @param localQueues runnable threads that wait at each core, in the order of the CPU numbers
 * @param steals times that a core took from another one, so far. This number and the next three count on cores that were removed
 *     too
 * @param handOvers times that a core was handed to another carrier, so far
 * @param hogs tasks that computed for longer than a time slice, so far
 * @param pinsLost times that a carrier was found not to be pinned to its CPU any longer, so far
 * @param pinsRestored times that it could be pinned again
 * @param anywhereStarted tasks sent {@linkplain CoreManager#anywhere() anywhere} that have begun, so far; those of the cores are in
 *     {@link CoreStatistics}
 * @param anywhereEnded those of them that have ended, in whatever way
 * @param anywhereFailed those that threw
 */
public record SchedulerStatistics(
        int cores,
        int idle,
        int spinning,
        int carriers,
        int spares,
        int globalQueue,
        List<Long> localQueues,
        long steals,
        long handOvers,
        long hogs,
        long pinsLost,
        long pinsRestored,
        long anywhereStarted,
        long anywhereEnded,
        long anywhereFailed) {

    /**
     * Copies the list.
     *
     * @param localQueues one entry for each core
     */
    public SchedulerStatistics {
        localQueues = List.copyOf(localQueues);
    }

    /**
     * Returns them on one line, in the spirit of Go's {@code schedtrace}.
     *
     * @return {@code cores=2 idle=1 spinning=0 carriers=3 spares=1 globalqueue=0 [0 4] steals=7 handovers=1 hogs=0 lostpins=0}
     */
    public String toLine() {
        return "cores=%d idle=%d spinning=%d carriers=%d spares=%d globalqueue=%d [%s] steals=%d handovers=%d hogs=%d lostpins=%d"
                .formatted(
                        cores,
                        idle,
                        spinning,
                        carriers,
                        spares,
                        globalQueue,
                        localQueues.stream().map(String::valueOf).collect(Collectors.joining(" ")),
                        steals,
                        handOvers,
                        hogs,
                        pinsLost);
    }
}
