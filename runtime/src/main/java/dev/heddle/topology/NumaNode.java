package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import java.util.Map;

/**
 * Memory that some CPUs reach faster than others do.
 *
 * @param node its number, the kernel's: {@code /sys/devices/system/node/nodeN}
 * @param cpus the online CPUs that belong to it; none for a node of memory only
 * @param nearest the online CPUs that reach it fastest: its own and those that firmware names, or, for a node of memory only,
 *     those that the distances point to; none where all are alike or nothing tells
 * @param distances by node number, what the firmware says an access from a CPU here to that node costs, 10 for its own; empty
 *     where it says nothing
 */
public record NumaNode(int node, CpuSet cpus, CpuSet nearest, Map<Integer, Integer> distances) {
    /**
     * Copies the map.
     *
     * @param distances by node number
     */
    public NumaNode {
        distances = Map.copyOf(distances);
    }
}
