package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The machine as sets of CPUs, each inside another: what is close together stands together. hwloc's tree, without the
 * objects: what has the same CPUs is one set that is several things.
 */
final class NestedSets {
    /*
     * No two sets cross: each pair is disjoint, equal, or one inside the other. Kernels and firmware do report sets that cross,
     * by mistake; then the first that came is believed and the later one is refused. So are two cores, packages and such of which
     * one is inside the other.
     */

    /** What a set of CPUs is. */
    enum Level {
        GROUP,
        DRAWER,
        BOOK,
        PACKAGE,
        DIE,
        CLUSTER,
        L3,
        L2,
        OTHER_CACHE,
        CORE,
        CPU
    }

    /** CPUs that have something in common. */
    static final class Node {
        private final CpuSet cpus;
        private final Set<Level> levels = EnumSet.noneOf(Level.class);
        /** Disjoint, in the order of their lowest CPUs. */
        private final List<Node> children = new ArrayList<>();

        private final Set<Integer> memory = new TreeSet<>();

        private Node(CpuSet cpus) {
            this.cpus = cpus;
        }

        CpuSet cpus() {
            return cpus;
        }

        /** Says that a NUMA node's memory is near to these CPUs. */
        void attachMemory(int numaNode) {
            memory.add(numaNode);
        }
    }

    /** Of these, one may be inside another: nodes that are nearer to each other, caches of any level. */
    private static final Set<Level> NESTING = EnumSet.of(Level.GROUP, Level.OTHER_CACHE);

    private final Node root;

    NestedSets(CpuSet all) {
        root = new Node(all);
    }

    Node root() {
        return root;
    }

    /**
     * Puts a set in. Returns null, and has changed nothing, if it is empty, if it crosses one that is there, or if it is inside
     * or around one of the same level where that cannot be.
     */
    @Nullable
    Node insert(Level level, CpuSet cpus) {
        boolean refused = cpus.isEmpty() || !root.cpus.containsAll(cpus) || isTwice(root, level, cpus);
        return refused ? null : insert(root, level, cpus);
    }

    private static @Nullable Node insert(Node parent, Level level, CpuSet cpus) {
        if (parent.cpus.equals(cpus)) {
            if (!NESTING.contains(level) && parent.children.stream().anyMatch(child -> has(child, level))) {
                return null;
            }
            parent.levels.add(level);
            return parent;
        }
        List<Node> inside = new ArrayList<>();
        for (Node child : parent.children) {
            if (areApart(child.cpus, cpus)) {
                continue;
            }
            if (child.cpus.containsAll(cpus)) {
                return isTwice(child, level, cpus) ? null : insert(child, level, cpus);
            }
            if (!cpus.containsAll(child.cpus) || (!NESTING.contains(level) && has(child, level))) {
                return null;
            }
            inside.add(child);
        }
        Node fresh = new Node(cpus);
        fresh.levels.add(level);
        fresh.children.addAll(inside);
        if (!inside.isEmpty()) {
            parent.children.removeIf(inside::contains);
        }
        int at = parent.children.size();
        while (at > 0 && parent.children.get(at - 1).cpus.first() > cpus.first()) {
            at--;
        }
        parent.children.add(at, fresh);
        return fresh;
    }

    /** Whether the set would be inside another one of its level. */
    private static boolean isTwice(Node around, Level level, CpuSet cpus) {
        return !NESTING.contains(level) && around.levels.contains(level) && !around.cpus.equals(cpus);
    }

    private static boolean has(Node node, Level level) {
        return node.levels.contains(level) || node.children.stream().anyMatch(child -> has(child, level));
    }

    private static boolean areApart(CpuSet a, CpuSet b) {
        return a.last() < b.first() || b.last() < a.first() || !a.intersects(b);
    }

    /** The smallest set that holds all of these CPUs. */
    Node smallestAround(CpuSet cpus) {
        Node around = root;
        Node inside = root;
        while (inside != null) {
            around = inside;
            inside = null;
            for (Node child : around.children) {
                if (child.cpus.containsAll(cpus)) {
                    inside = child;
                }
            }
        }
        return around;
    }

    /** All sets of a level, those that are close together next to each other. */
    List<CpuSet> all(Level level) {
        List<CpuSet> found = new ArrayList<>();
        collect(root, level, found);
        return found;
    }

    private static void collect(Node node, Level level, List<CpuSet> found) {
        if (node.levels.contains(level)) {
            found.add(node.cpus);
        }
        node.children.forEach(child -> collect(child, level, found));
    }

    /** A NUMA node's number and the CPUs that its memory was attached to. */
    record Memory(int numaNode, CpuSet cpus) {}

    /** The memory of all sets, in the same order, that of inner sets before that of the set around them. */
    List<Memory> memory() {
        List<Memory> found = new ArrayList<>();
        collectMemory(root, found);
        return found;
    }

    private static void collectMemory(Node node, List<Memory> found) {
        node.children.forEach(child -> collectMemory(child, found));
        node.memory.forEach(numaNode -> found.add(new Memory(numaNode, node.cpus)));
    }
}
