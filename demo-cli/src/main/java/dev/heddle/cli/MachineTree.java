package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.NumaNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A machine as it is drawn: groups of CPUs inside each other, and the physical cores in the innermost. */
final class MachineTree {
    /**
     * CPUs that share something.
     *
     * @param title what they share, all of it where that is several things
     * @param cpus the CPUs
     * @param groups the groups inside
     * @param cores the physical cores that are in none of those
     */
    record Group(String title, CpuSet cpus, List<Group> groups, List<CpuSet> cores) {}

    private MachineTree() {}

    /** The whole machine as one group. */
    static Group of(CpuTopology machine) {
        Map<CpuSet, String> titles = new LinkedHashMap<>();
        addNumbered(titles, "package", machine.packages());
        for (NumaNode node : machine.numaNodes()) {
            add(titles, "NUMA node " + node.node(), node.cpus());
        }
        addNumbered(titles, "die", machine.dies().equals(machine.packages()) ? List.of() : machine.dies());
        addNumbered(titles, "L3", machine.l3Groups());
        titles.remove(CpuSet.empty());
        String whole = titles.remove(machine.online());
        List<CpuSet> cores = new ArrayList<>(machine.physicalCores());
        CpuSet known = cores.stream().reduce(CpuSet.empty(), CpuSet::union);
        machine.online().minus(known).forEach(cpu -> cores.add(CpuSet.of(cpu)));
        return group(whole == null ? "machine" : whole, machine.online(), titles, cores);
    }

    private static void addNumbered(Map<CpuSet, String> titles, String name, List<CpuSet> sets) {
        for (int i = 0; i < sets.size(); i++) {
            add(titles, name + " " + i, sets.get(i));
        }
    }

    private static void add(Map<CpuSet, String> titles, String title, CpuSet cpus) {
        titles.merge(cpus, title, (present, added) -> present + ", " + added);
    }

    private static Group group(String title, CpuSet cpus, Map<CpuSet, String> titles, List<CpuSet> cores) {
        List<Group> groups = new ArrayList<>();
        CpuSet grouped = CpuSet.empty();
        for (CpuSet inner : titles.keySet()) {
            boolean outermost = cpus.containsAll(inner)
                    && !inner.equals(cpus)
                    && titles.keySet().stream()
                            .noneMatch(other -> !other.equals(inner)
                                    && !other.equals(cpus)
                                    && cpus.containsAll(other)
                                    && other.containsAll(inner));
            if (outermost) {
                groups.add(group(titles.getOrDefault(inner, ""), inner, titles, cores));
                grouped = grouped.union(inner);
            }
        }
        CpuSet rest = cpus.minus(grouped);
        List<CpuSet> own = cores.stream().filter(core -> rest.containsAll(core)).toList();
        return new Group(title, cpus, groups, own);
    }
}
