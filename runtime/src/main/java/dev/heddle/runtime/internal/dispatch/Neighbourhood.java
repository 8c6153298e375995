package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.NumaNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How near CPUs are to each other: in which order a core looks for work at the others. The machine is read when that is asked
 * for the first time; for one thread at a time.
 */
public final class Neighbourhood {
    /** CPUs that share an L3 cache, those of one NUMA node, all others. */
    static final int RINGS = 3;

    private final Supplier<@Nullable CpuTopology> machine;
    private boolean isRead;
    private final Map<Integer, Integer> caches = new HashMap<>();
    private final Map<Integer, Integer> nodes = new HashMap<>();

    /** Makes that of a machine; where it is not known, all CPUs are equally near. */
    public Neighbourhood(Supplier<@Nullable CpuTopology> machine) {
        this.machine = machine;
    }

    /** How far one CPU is from another, from 0 to {@value #RINGS} - 1. */
    int ring(int cpu, int other) {
        if (!isRead) {
            isRead = true;
            read(machine.get());
        }
        if (areInOne(caches, cpu, other)) {
            return 0;
        }
        return areInOne(nodes, cpu, other) ? 1 : 2;
    }

    private void read(@Nullable CpuTopology known) {
        if (known != null) {
            number(known.l3Groups(), caches);
            number(known.numaNodes().stream().map(NumaNode::cpus).toList(), nodes);
        }
    }

    private static void number(List<CpuSet> sets, Map<Integer, Integer> numbers) {
        for (int i = 0; i < sets.size(); i++) {
            for (int cpu : sets.get(i)) {
                numbers.put(cpu, i);
            }
        }
    }

    private static boolean areInOne(Map<Integer, Integer> numbers, int cpu, int other) {
        Integer number = numbers.get(cpu);
        return number != null && number.equals(numbers.get(other));
    }
}
