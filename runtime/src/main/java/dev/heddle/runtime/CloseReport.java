package dev.heddle.runtime;

import java.util.List;

/**
 * What became of the tasks that were there when a manager was closed with a deadline.
 *
 * @param cores one entry for each core, in the order of their CPU numbers: its own tasks
 * @param elsewhere all other tasks, under {@link CoreOutcome#NO_CORE}: those that run anywhere, prefer a core, or belong to
 *     a core that a resize has removed
 */
public record CloseReport(List<CoreOutcome> cores, CoreOutcome elsewhere) {
    /**
     * What became of the tasks of one core.
     *
     * @param cpu the core, or {@link #NO_CORE}
     * @param drained tasks that ended by themselves in the time given
     * @param cancelled tasks that were interrupted after that, and then ended
     * @param remaining tasks that were interrupted and still run; their core goes on serving them
     */
    public record CoreOutcome(int cpu, long drained, long cancelled, long remaining) {
        /** Instead of a CPU number, for tasks that are no core's own. */
        public static final int NO_CORE = -1;

        CoreOutcome plus(CoreOutcome other) {
            return new CoreOutcome(
                    cpu, drained + other.drained, cancelled + other.cancelled, remaining + other.remaining);
        }
    }

    /**
     * Copies the list.
     *
     * @param cores one entry for each core
     * @param elsewhere all other tasks
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
        return elsewhere.remaining() == 0 && cores.stream().allMatch(core -> core.remaining() == 0);
    }
}
