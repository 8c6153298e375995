package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;
import java.util.List;

/**
 * What has become of the JVM's own threads under {@link CoreManagerBuilder#housekeeping}.
 *
 * @param cpus where they were to go
 * @param moved those that were moved there, or were made there by one of those
 * @param notMoved those that may still run on the manager's cores, each with what stood in the way
 */
public record HousekeepingReport(CpuSet cpus, List<JvmThread> moved, List<JvmThread> notMoved) {
    /**
     * A thread of this process that runs no code of the program's own.
     *
     * @param threadId the kernel's id
     * @param name the kernel's name for it, 15 characters at most
     * @param problem what stood in the way of moving it, or nothing
     */
    public record JvmThread(int threadId, String name, String problem) {}

    /**
     * Copies the lists.
     *
     * @param moved those that were moved
     * @param notMoved those that were not
     */
    public HousekeepingReport {
        moved = List.copyOf(moved);
        notMoved = List.copyOf(notMoved);
    }
}
