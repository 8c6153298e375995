package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import java.util.OptionalInt;

/**
 * CPUs that the kernel says are alike, on a machine that may have others: big and little, performance and efficiency.
 *
 * @param cpus the CPUs
 * @param efficiencyRank 0 for the least powerful kind, which is the most efficient one, and so on
 * @param tier what the kind counts as, as a {@linkplain Tier rule}
 * @param maxMegahertz the highest frequency, where the kernel tells; where those of CPUs of the same base frequency differ
 *     by less than a tenth, which they do by the luck of the silicon, the lowest of them
 * @param baseMegahertz the base frequency, where the kernel tells
 * @param capacity how much it computes, the strongest kind being 1024, where the kernel tells
 */
public record CoreKind(
        CpuSet cpus,
        int efficiencyRank,
        Tier tier,
        OptionalInt maxMegahertz,
        OptionalInt baseMegahertz,
        OptionalInt capacity) {

    /**
     * What a kind counts as. Where the kernel itself names them ({@code /sys/devices/cpu_core} and {@code cpu_atom}) that
     * decides. Else a kind of less than three quarters of the highest capacity, or, where no capacity is known, of less
     * than nine tenths of the highest frequency, is for efficiency. A machine that has no such kinds is all
     * {@link #PERFORMANCE}.
     */
    public enum Tier {
        /** Made to compute fast. */
        PERFORMANCE,
        /** Made to compute at little cost. */
        EFFICIENCY
    }
}
