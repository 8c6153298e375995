package dev.heddle.runtime.internal.placement;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.NumaNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Chooses some of the CPUs of a machine by what they share. */
final class CpuSelection {
    private final CpuSet among;
    private final List<CpuSet> cores;
    private final List<CpuSet> l3Groups;
    private final List<CpuSet> nodes;
    private final List<CpuSet> packages;

    CpuSelection(CpuTopology machine, CpuSet among) {
        this.among = among;
        this.cores = parts(machine.physicalCores(), among);
        this.l3Groups = parts(machine.l3Groups(), among);
        this.nodes = parts(machine.numaNodes().stream().map(NumaNode::cpus).toList(), among);
        this.packages = parts(machine.packages(), among);
    }

    /** What of each set is among the CPUs; and each of these alone that is in no set. */
    private static List<CpuSet> parts(List<CpuSet> sets, CpuSet among) {
        List<CpuSet> parts = new ArrayList<>();
        CpuSet rest = among;
        for (CpuSet set : sets) {
            CpuSet part = set.intersection(among);
            if (!part.isEmpty()) {
                parts.add(part);
                rest = rest.minus(part);
            }
        }
        rest.stream().forEach(cpu -> parts.add(CpuSet.of(cpu)));
        return parts;
    }

    CpuSet onePerPhysicalCore() {
        return CpuSet.of(cores.stream().mapToInt(CpuSet::first).toArray());
    }

    /** One after the other, each from where the fewest were taken: of cores, then packages, nodes and L3 groups. */
    CpuSet spread(int count) {
        List<int[]> groupsOf = List.of(index(cores), index(packages), index(nodes), index(l3Groups));
        List<int[]> taken =
                groupsOf.stream().map(groups -> new int[among.size()]).toList();
        int[] cpus = among.toArray();
        boolean[] chosen = new boolean[cpus.length];
        for (int n = 0; n < count; n++) {
            int best = -1;
            for (int i = 0; i < cpus.length; i++) {
                if (!chosen[i] && (best < 0 || isEmptier(groupsOf, taken, i, best))) {
                    best = i;
                }
            }
            chosen[best] = true;
            for (int level = 0; level < taken.size(); level++) {
                taken.get(level)[groupsOf.get(level)[best]]++;
            }
        }
        CpuSet spread = CpuSet.empty();
        for (int i = 0; i < cpus.length; i++) {
            spread = chosen[i] ? spread.union(CpuSet.of(cpus[i])) : spread;
        }
        return spread;
    }

    /** For each CPU, in order, the number of its group. */
    private int[] index(List<CpuSet> groups) {
        int[] cpus = among.toArray();
        int[] index = new int[cpus.length];
        for (int i = 0; i < cpus.length; i++) {
            for (int group = 0; group < groups.size(); group++) {
                if (groups.get(group).contains(cpus[i])) {
                    index[i] = group;
                }
            }
        }
        return index;
    }

    private static boolean isEmptier(List<int[]> groupsOf, List<int[]> taken, int a, int b) {
        for (int level = 0; level < taken.size(); level++) {
            int difference = taken.get(level)[groupsOf.get(level)[a]] - taken.get(level)[groupsOf.get(level)[b]];
            if (difference != 0) {
                return difference < 0;
            }
        }
        return false;
    }

    /** From the smallest group that holds enough, and in that from as few of its own parts as can be. */
    CpuSet pack(int count) {
        return pack(among, count);
    }

    private CpuSet pack(CpuSet from, int count) {
        List<List<CpuSet>> levels = sharingLevels();
        for (int level = 0; level < levels.size(); level++) {
            CpuSet fitting = best(levels.get(level), from, count);
            if (!fitting.isEmpty()) {
                return level == 0 ? siblingsLast(fitting, count) : fill(levels.get(level - 1), fitting, count);
            }
        }
        throw new IllegalStateException("asked for " + count + " of " + from);
    }

    /** From the smallest groups to the largest; without a level at which no cores have anything in common. */
    private List<List<CpuSet>> sharingLevels() {
        List<List<CpuSet>> levels = new ArrayList<>();
        for (List<CpuSet> groups : List.of(l3Groups, nodes, packages)) {
            if (groups.stream().anyMatch(group -> physicalCores(group) > 1)) {
                levels.add(groups);
            }
        }
        levels.add(List.of(among));
        return levels;
    }

    /** The group that has enough, on different physical cores if there is one, with the least left over. */
    private CpuSet best(List<CpuSet> groups, CpuSet from, int count) {
        return groups.stream()
                .map(from::intersection)
                .filter(group -> group.size() >= count)
                .min(Comparator.comparing((CpuSet group) -> physicalCores(group) < count)
                        .thenComparingInt(CpuSet::size))
                .orElse(CpuSet.empty());
    }

    private long physicalCores(CpuSet cpus) {
        return cores.stream().filter(cpus::intersects).count();
    }

    /** The largest parts as a whole, as long as they are needed as a whole; the rest is packed again. */
    private CpuSet fill(List<CpuSet> parts, CpuSet from, int count) {
        CpuSet chosen = CpuSet.empty();
        List<CpuSet> largestFirst = parts.stream()
                .map(from::intersection)
                .filter(part -> !part.isEmpty())
                .sorted(Comparator.comparingInt(CpuSet::size).reversed())
                .toList();
        for (CpuSet part : largestFirst) {
            if (chosen.size() + part.size() <= count) {
                chosen = chosen.union(part);
            }
        }
        int missing = count - chosen.size();
        return missing == 0 ? chosen : chosen.union(pack(from.minus(chosen), missing));
    }

    /** One CPU of each core, then a second one of each, and so on. */
    private CpuSet siblingsLast(CpuSet from, int count) {
        CpuSet chosen = CpuSet.empty();
        CpuSet left = from;
        while (chosen.size() < count) {
            for (CpuSet core : cores) {
                CpuSet free = core.intersection(left);
                if (!free.isEmpty() && chosen.size() < count) {
                    chosen = chosen.union(CpuSet.of(free.first()));
                    left = left.minus(chosen);
                }
            }
        }
        return chosen;
    }
}
