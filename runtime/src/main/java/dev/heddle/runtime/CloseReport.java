package dev.heddle.runtime;

import java.util.List;

/**
 * What became of the tasks that were there when a manager was closed with a deadline.
 *
 * @param cores one entry for each core, in the order of their CPU numbers
 */
public record CloseReport(List<CoreOutcome> cores) {
    /**
     * What became of the tasks of one core.
     *
     * @param cpu the core
     * @param drained tasks that ended by themselves in the time given
     * @param cancelled tasks that were interrupted after that, and then ended
     * @param remaining tasks that were interrupted and still run; their core goes on serving them
     */
    public record CoreOutcome(int cpu, long drained, long cancelled, long remaining) {}

    /**
     * Copies the list.
     *
     * @param cores one entry for each core
     */
    public CloseReport {
        cores = List.copyOf(cores);
    }

    /**
     * Tells whether every task ended.
     *
     * @return whether none remains
     */
    public boolean isComplete() {
        return cores.stream().allMatch(core -> core.remaining() == 0);
    }
}
