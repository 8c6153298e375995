package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CoreKind;
import dev.heddle.topology.CoreKind.Tier;
import dev.heddle.topology.CpuTopology;

/** What a drawing marks a CPU with. */
final class CpuMarks {
    private final CpuTopology machine;
    private final CpuSet allowed;
    private final CpuSet performance;
    private final CpuSet efficiency;

    CpuMarks(CpuTopology machine) {
        this.machine = machine;
        this.allowed = machine.allowed();
        this.performance = tier(machine, Tier.PERFORMANCE);
        this.efficiency = tier(machine, Tier.EFFICIENCY);
    }

    /** The CPUs of the kinds of one tier. */
    static CpuSet tier(CpuTopology machine, Tier tier) {
        return machine.kinds().stream()
                .filter(kind -> kind.tier() == tier)
                .map(CoreKind::cpus)
                .reduce(CpuSet.empty(), CpuSet::union);
    }

    boolean isAllowed(int cpu) {
        return allowed.contains(cpu);
    }

    boolean isIsolated(int cpu) {
        return machine.isolated().contains(cpu);
    }

    boolean hasKinds() {
        return !performance.isEmpty() && !efficiency.isEmpty();
    }

    boolean isPerformance(CpuSet core) {
        return hasKinds() && performance.containsAll(core);
    }

    boolean isEfficiency(CpuSet core) {
        return hasKinds() && efficiency.containsAll(core);
    }
}
