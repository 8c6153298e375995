package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CoreKind.Tier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/** Finds the kinds of core a machine has, by what the kernel says of frequency, capacity and type. */
final class KindReader {
    private static final String CPUS = "sys/devices/system/cpu";
    private static final int KILOHERTZ = 1000;

    /** Frequencies that differ by less than this share of the lower one are the same. */
    private static final double SAME_FREQUENCY = 0.1;

    /** Shares of the strongest, from which on a kind is as good as that. */
    private static final double PERFORMANCE_CAPACITY = 0.75;

    private static final double PERFORMANCE_FREQUENCY = 0.9;

    /** What is known of one CPU; 0 for what is not. */
    private record Facts(int max, int base, int capacity, int type) {
        boolean areSome() {
            return max != 0 || base != 0 || capacity != 0 || type != 0;
        }

        Facts withMax(int megahertz) {
            return new Facts(megahertz, base, capacity, type);
        }
    }

    private final SysTree tree;
    private final CpuSet online;

    KindReader(SysTree tree, CpuSet online) {
        this.tree = tree;
        this.online = online;
    }

    /** The kinds, the least powerful first. A CPU of which the kernel tells nothing is in none. */
    List<CoreKind> read() {
        Map<Integer, Facts> facts = new TreeMap<>();
        CpuSet strong = type("cpu_core");
        CpuSet weak = type("cpu_atom");
        boolean hybrid = strong.intersects(online) && weak.intersects(online);
        for (int cpu : online) {
            String directory = CPUS + "/cpu" + cpu;
            int type = !hybrid ? 0 : strong.contains(cpu) ? 2 : weak.contains(cpu) ? 1 : 0;
            Facts known = new Facts(
                    megahertz(directory + "/cpufreq/cpuinfo_max_freq"),
                    megahertz(directory + "/cpufreq/base_frequency"),
                    tree.smallNumber(directory + "/cpu_capacity").orElse(0),
                    type);
            if (known.areSome()) {
                facts.put(cpu, known);
            }
        }
        levelFrequencies(facts);
        Map<Facts, CpuSet> kinds = new TreeMap<>(order(facts));
        facts.forEach((cpu, each) -> kinds.merge(each, CpuSet.of(cpu), CpuSet::union));
        return describe(kinds);
    }

    private CpuSet type(String name) {
        CpuSet cpus = tree.list("sys/devices/" + name + "/cpus");
        return cpus == null ? CpuSet.empty() : cpus;
    }

    private int megahertz(String path) {
        return tree.smallNumber(path).orElse(0) / KILOHERTZ;
    }

    /** Where CPUs of one base frequency have nearly the same highest one, it is the luck of the silicon: one kind. */
    private static void levelFrequencies(Map<Integer, Facts> facts) {
        if (facts.values().stream().anyMatch(each -> each.max != 0 && each.base == 0)) {
            return;
        }
        Map<Integer, int[]> range = new TreeMap<>();
        facts.values().forEach(each -> {
            int[] lowestAndHighest = range.computeIfAbsent(each.base, base -> new int[] {each.max, each.max});
            lowestAndHighest[0] = Math.min(lowestAndHighest[0], each.max);
            lowestAndHighest[1] = Math.max(lowestAndHighest[1], each.max);
        });
        facts.replaceAll((cpu, each) -> {
            int[] lowestAndHighest = range.getOrDefault(each.base, new int[] {each.max, each.max});
            int lowest = lowestAndHighest[0];
            return lowestAndHighest[1] - lowest < SAME_FREQUENCY * lowest ? each.withMax(lowest) : each;
        });
    }

    /** The least powerful first: by the first of these that tells all kinds, and by the others where that is equal. */
    private static Comparator<Facts> order(Map<Integer, Facts> facts) {
        List<ToIntFunction<Facts>> measures = new ArrayList<>();
        for (ToIntFunction<Facts> measure :
                List.<ToIntFunction<Facts>>of(Facts::type, Facts::capacity, Facts::base, Facts::max)) {
            if (facts.values().stream().allMatch(each -> measure.applyAsInt(each) != 0)) {
                measures.add(measure);
            }
        }
        measures.addAll(List.of(Facts::max, Facts::base, Facts::capacity, Facts::type));
        Comparator<Facts> order = Comparator.comparingInt(measures.get(0));
        for (ToIntFunction<Facts> measure : measures.subList(1, measures.size())) {
            order = order.thenComparingInt(measure);
        }
        return order;
    }

    private static List<CoreKind> describe(Map<Facts, CpuSet> kinds) {
        int strongest = kinds.keySet().stream().mapToInt(Facts::capacity).max().orElse(0);
        int fastest = kinds.keySet().stream().mapToInt(Facts::max).max().orElse(0);
        List<CoreKind> described = new ArrayList<>();
        for (Map.Entry<Facts, CpuSet> kind : kinds.entrySet()) {
            Facts facts = kind.getKey();
            described.add(new CoreKind(
                    kind.getValue(),
                    described.size(),
                    tier(facts, strongest, fastest),
                    known(facts.max),
                    known(facts.base),
                    known(facts.capacity)));
        }
        return List.copyOf(described);
    }

    private static Tier tier(Facts facts, int strongest, int fastest) {
        boolean performance;
        if (facts.type != 0) {
            performance = facts.type == 2;
        } else if (facts.capacity != 0) {
            performance = facts.capacity >= PERFORMANCE_CAPACITY * strongest;
        } else {
            performance = facts.max == 0 || facts.max >= PERFORMANCE_FREQUENCY * fastest;
        }
        return performance ? Tier.PERFORMANCE : Tier.EFFICIENCY;
    }

    private static OptionalInt known(int value) {
        return value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
