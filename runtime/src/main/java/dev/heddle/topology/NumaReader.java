package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.NestedSets.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code /sys/devices/system/node}: which memory is near to which CPUs, and how far from the others. */
final class NumaReader {
    private static final String NODES = "sys/devices/system/node";
    private static final String GPUS = "proc/driver/nvidia/gpus";
    private static final String GPU_NODE = "Node:";

    /** The first processor's lines, as far as the model, of family 6. */
    private static final Pattern KNIGHTS_LANDING = Pattern.compile(
            "processor\\s*:.*\\nvendor_id\\s*: GenuineIntel\\ncpu family\\s*: 6\\nmodel\\s*: (87|133)\\n");

    private final SysTree tree;
    private final CpuSet online;

    /** The CPUs of each node that counts, as the kernel says, offline ones among them. */
    private final SortedMap<Integer, CpuSet> own = new TreeMap<>();

    /** Those, or what stands for them where a node has none. */
    private final SortedMap<Integer, CpuSet> nearest = new TreeMap<>();

    private final Map<Integer, Map<Integer, Integer>> distances = new HashMap<>();

    NumaReader(SysTree tree, CpuSet online) {
        this.tree = tree;
        this.online = online;
    }

    /** Reads the nodes and puts their CPUs in. */
    List<NumaNode> readInto(NestedSets sets) {
        readNodes();
        if (own.isEmpty()) {
            sets.root().attachMemory(0);
            return List.of(new NumaNode(0, online, online, Map.of()));
        }
        nearest.putAll(own);
        boolean haveDistances = readDistances();
        // hwloc's order: first those that have CPUs, then the others, each of which may find what the ones before it
        // found.
        own.forEach((node, cpus) -> {
            if (!cpus.isEmpty()) {
                addInitiators(node);
            }
        });
        own.forEach((node, cpus) -> {
            if (cpus.isEmpty()) {
                addInitiators(node);
                if (haveDistances) {
                    takeNearest(node);
                }
            }
        });
        nearest.replaceAll((node, cpus) -> cpus.intersection(online));
        if (isMemoryOnThePackageACache()) {
            nearest.values().forEach(cpus -> sets.insert(Level.L3, cpus));
        }
        nearest.forEach((node, cpus) -> attach(sets, node, cpus));
        if (haveDistances) {
            new DistanceGroups(sets).insert(nearest, distances);
        }
        List<NumaNode> nodes = new ArrayList<>();
        sets.memory().forEach(memory -> nodes.add(describe(memory.numaNode(), memory.cpus())));
        nearest.forEach((node, cpus) -> {
            if (cpus.isEmpty()) {
                nodes.add(describe(node, cpus));
            }
        });
        return List.copyOf(nodes);
    }

    /**
     * Intel's Knights Landing can use the memory on its package as a cache of each node, which the kernel does not list among
     * the caches. Otherwise it shows that memory as nodes without CPUs.
     */
    private boolean isMemoryOnThePackageACache() {
        if (own.values().stream().anyMatch(CpuSet::isEmpty)) {
            return false;
        }
        String processors = tree.text("proc/cpuinfo");
        return processors != null && KNIGHTS_LANDING.matcher(processors).lookingAt();
    }

    private NumaNode describe(int node, CpuSet near) {
        CpuSet cpus = own.getOrDefault(node, CpuSet.empty()).intersection(online);
        return new NumaNode(node, cpus, near, distances.getOrDefault(node, Map.of()));
    }

    private void readNodes() {
        CpuSet listed = tree.list(NODES + "/online");
        List<Integer> numbers =
                listed != null ? listed.stream().boxed().toList() : tree.numberedDirectories(NODES, "node");
        CpuSet gpuNodes = gpuNodes();
        for (int node : numbers) {
            CpuSet cpus = tree.mask(directory(node) + "/cpumap", directory(node) + "/cpulist");
            if (cpus == null || gpuNodes.contains(node)) {
                continue;
            }
            CpuSet raw = cpus;
            if (own.values().stream().anyMatch(raw::intersects)) {
                tree.report(directory(node) + "/cpumap", "shares CPUs with another node: left out");
            } else {
                own.put(node, cpus);
            }
        }
    }

    /** The nodes that are the memory of graphics cards: no place for a program's own. */
    private CpuSet gpuNodes() {
        CpuSet nodes = CpuSet.empty();
        for (String gpu : tree.directories(GPUS)) {
            for (String line : tree.lines(GPUS + "/" + gpu + "/numa_status")) {
                if (line.startsWith(GPU_NODE)) {
                    try {
                        nodes = nodes.union(CpuSet.of(Integer.parseInt(
                                line.substring(GPU_NODE.length()).strip())));
                    } catch (IllegalArgumentException none) {
                        // A card whose memory is no node has no number here, or -1.
                    }
                }
            }
        }
        return nodes;
    }

    /** Firmware may name the nodes whose CPUs use a node's memory first. */
    private void addInitiators(int node) {
        for (String access : List.of("access1", "access0")) {
            String directory = directory(node) + "/" + access + "/initiators";
            if (tree.isDirectory(directory)) {
                CpuSet cpus = nearest.getOrDefault(node, CpuSet.empty());
                for (int initiator : tree.numberedDirectories(directory, "node")) {
                    cpus = cpus.union(nearest.getOrDefault(initiator, CpuSet.empty()));
                }
                nearest.put(node, cpus);
                return;
            }
        }
    }

    /** Returns whether each node tells its distance to all. */
    private boolean readDistances() {
        boolean complete = true;
        List<Integer> nodes = List.copyOf(own.keySet());
        for (int node : nodes) {
            String path = directory(node) + "/distance";
            String row = tree.text(path);
            if (row == null) {
                complete = false;
                continue;
            }
            complete &= readRow(node, path, row.strip());
        }
        return complete;
    }

    private boolean readRow(int node, String path, String row) {
        List<Integer> columns = columns();
        String[] values = row.isEmpty() ? new String[0] : row.split("\\s+", -1);
        if (values.length < columns.size()) {
            tree.report(path, "has " + values.length + " distances for " + columns.size() + " nodes");
            return false;
        }
        Map<Integer, Integer> known = new HashMap<>();
        try {
            for (int i = 0; i < columns.size(); i++) {
                int distance = Integer.parseInt(values[i]);
                if (own.containsKey(columns.get(i))) {
                    known.put(columns.get(i), distance);
                }
            }
        } catch (NumberFormatException e) {
            tree.report(path, "expected distances, found '" + row + "'");
            return false;
        }
        distances.put(node, known);
        return true;
    }

    /** The nodes that a row has a distance to: those that are online, also where they were left out. */
    private List<Integer> columns() {
        CpuSet listed = tree.list(NODES + "/online");
        return listed != null ? listed.stream().boxed().toList() : tree.numberedDirectories(NODES, "node");
    }

    /**
     * A node without CPUs takes those of the nodes that are nearest to it, if some are nearer than others: none, if the nearest have
     * none either.
     */
    private void takeNearest(int node) {
        if (!cpusNear(node).isEmpty()) {
            return;
        }
        Map<Integer, Integer> row = distances.getOrDefault(node, Map.of());
        int least = Integer.MAX_VALUE;
        int others = 0;
        CpuSet cpus = CpuSet.empty();
        for (int other : nearest.keySet()) {
            int distance = row.getOrDefault(other, Integer.MAX_VALUE);
            if (other == node) {
                continue;
            }
            if (distance < least) {
                least = distance;
                others = 0;
                cpus = CpuSet.empty();
            }
            if (distance == least) {
                others++;
                cpus = cpus.union(cpusNear(other));
            }
        }
        if (least > row.getOrDefault(node, 0)
                && least < Integer.MAX_VALUE
                && others < columns().size() - 1) {
            nearest.put(node, cpus);
        }
    }

    private CpuSet cpusNear(int node) {
        return nearest.getOrDefault(node, CpuSet.empty());
    }

    private static void attach(NestedSets sets, int node, CpuSet cpus) {
        if (!cpus.isEmpty()) {
            NestedSets.@Nullable Node exactly = sets.insert(Level.GROUP, cpus);
            (exactly != null ? exactly : sets.smallestAround(cpus)).attachMemory(node);
        }
    }

    private static String directory(int node) {
        return NODES + "/node" + node;
    }

    /** Nodes that are nearer to each other than to the rest: as on boards that join two pairs of packages. */
    private static final class DistanceGroups {
        private final NestedSets sets;

        DistanceGroups(NestedSets sets) {
            this.sets = sets;
        }

        void insert(SortedMap<Integer, CpuSet> nodes, Map<Integer, Map<Integer, Integer>> distances) {
            List<CpuSet> members = List.copyOf(nodes.values());
            List<Integer> numbers = List.copyOf(nodes.keySet());
            double[][] matrix = new double[numbers.size()][numbers.size()];
            for (int i = 0; i < matrix.length; i++) {
                for (int j = 0; j < matrix.length; j++) {
                    Integer distance =
                            distances.getOrDefault(numbers.get(i), Map.of()).get(numbers.get(j));
                    if (distance == null) {
                        return;
                    }
                    matrix[i][j] = distance;
                }
            }
            insert(members, matrix);
        }

        private void insert(List<CpuSet> members, double[][] matrix) {
            if (members.size() <= 2 || !isSound(matrix)) {
                return;
            }
            List<List<Integer>> groups = nearestGroups(matrix);
            if (groups.isEmpty() || (groups.size() == 1 && groups.get(0).size() == members.size())) {
                return;
            }
            List<CpuSet> joined = new ArrayList<>();
            for (List<Integer> group : groups) {
                CpuSet cpus = CpuSet.empty();
                for (int member : group) {
                    cpus = cpus.union(members.get(member));
                }
                sets.insert(Level.GROUP, cpus);
                joined.add(cpus);
            }
            insert(joined, averages(groups, matrix));
        }

        private static boolean isSound(double[][] matrix) {
            for (int i = 0; i < matrix.length; i++) {
                for (int j = i + 1; j < matrix.length; j++) {
                    if (matrix[i][j] != matrix[j][i] || matrix[i][j] <= matrix[i][i]) {
                        return false;
                    }
                }
            }
            return true;
        }

        /** Those that the least of all distances joins, one after the other. */
        private static List<List<Integer>> nearestGroups(double[][] matrix) {
            double least = Double.MAX_VALUE;
            for (int i = 0; i < matrix.length; i++) {
                for (int j = i + 1; j < matrix.length; j++) {
                    least = Math.min(least, matrix[i][j]);
                }
            }
            List<List<Integer>> groups = new ArrayList<>();
            boolean[] taken = new boolean[matrix.length];
            for (int i = 0; i < matrix.length; i++) {
                if (taken[i]) {
                    continue;
                }
                taken[i] = true;
                List<Integer> group = new ArrayList<>(List.of(i));
                for (int at = 0; at < group.size(); at++) {
                    for (int k = 0; k < matrix.length; k++) {
                        if (!taken[k] && matrix[group.get(at)][k] == least) {
                            taken[k] = true;
                            group.add(k);
                        }
                    }
                }
                if (group.size() > 1) {
                    groups.add(group);
                }
            }
            return groups;
        }

        private static double[][] averages(List<List<Integer>> groups, double[][] matrix) {
            double[][] averages = new double[groups.size()][groups.size()];
            for (int i = 0; i < groups.size(); i++) {
                for (int j = 0; j < groups.size(); j++) {
                    double sum = 0;
                    for (int a : groups.get(i)) {
                        for (int b : groups.get(j)) {
                            sum += matrix[a][b];
                        }
                    }
                    averages[i][j] = Math.floor(
                            sum / (groups.get(i).size() * groups.get(j).size()));
                }
            }
            return averages;
        }
    }
}
