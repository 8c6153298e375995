package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A tree of {@code sys} and {@code proc} as the kernel would write it for a machine that a test makes up. */
public final class FakeMachine {
    private static final String CPUS = "sys/devices/system/cpu";

    private final Path root;

    /** Makes a machine whose CPUs are all online, and of which no more is known. */
    public FakeMachine(Path root, String cpus) {
        this.root = root;
        CpuSet.parse(cpus).forEach(cpu -> directory(CPUS + "/cpu" + cpu + "/topology"));
        file(CPUS + "/online", cpus);
    }

    /** Two packages of two cores with two CPUs each: a node and an L3 cache for each package. */
    public static FakeMachine twoPackages(Path root) {
        return new FakeMachine(root, "0-7")
                .cores("0,4", "1,5", "2,6", "3,7")
                .packages("0-1,4-5", "2-3,6-7")
                .l3("0-1,4-5", "2-3,6-7")
                .node(0, "0-1,4-5", "10 21")
                .node(1, "2-3,6-7", "21 10");
    }

    public Path root() {
        return root;
    }

    public FakeMachine cores(String... lists) {
        return topology("core_cpus", lists);
    }

    public FakeMachine packages(String... lists) {
        return topology("package_cpus", lists);
    }

    /** A file of each CPU in each list holds the list's mask. */
    public FakeMachine topology(String name, String... lists) {
        sets(lists).forEach(set -> set.forEach(cpu -> file(CPUS + "/cpu" + cpu + "/topology/" + name, set.toMask())));
        return this;
    }

    public FakeMachine l3(String... lists) {
        return cache(3, lists);
    }

    public FakeMachine cache(int level, String... lists) {
        for (CpuSet set : sets(lists)) {
            for (int cpu : set) {
                String cache = "/cpu" + cpu + "/cache/index" + level;
                file(CPUS + cache + "/level", String.valueOf(level));
                file(CPUS + cache + "/type", "Unified");
                file(CPUS + cache + "/shared_cpu_map", set.toMask());
            }
        }
        return this;
    }

    public FakeMachine node(int node, String cpus, String distances) {
        String directory = "sys/devices/system/node/node" + node;
        file(directory + "/cpumap", CpuSet.parse(cpus).toMask());
        file(directory + "/distance", distances);
        return this;
    }

    /** A file of the CPU directory: {@code isolated}, {@code online} and such. */
    public FakeMachine cpuFile(String name, String content) {
        return file(CPUS + "/" + name, content);
    }

    /** A file in the directory of each CPU of the list. */
    public FakeMachine ofEach(String cpus, String name, String content) {
        CpuSet.parse(cpus).forEach(cpu -> file(CPUS + "/cpu" + cpu + "/" + name, content));
        return this;
    }

    /** The affinity mask of the process. */
    public FakeMachine affinity(String cpus) {
        return file("proc/self/status", "Name:\tjava\nCpus_allowed_list:\t" + cpus + "\n");
    }

    /** The process is in a cgroup of the unified hierarchy. */
    public FakeMachine cgroup(String name) {
        file("proc/mounts", "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0");
        file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids");
        return file("proc/self/cgroup", "0::" + name);
    }

    public FakeMachine file(String path, String content) {
        try {
            Path file = root.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content + "\n");
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public FakeMachine directory(String path) {
        try {
            Files.createDirectories(root.resolve(path));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public CpuTopology read() {
        try {
            return CpuTopology.read(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<CpuSet> sets(String... lists) {
        return Arrays.stream(lists).map(CpuSet::parse).toList();
    }
}
