package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.NestedSets.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The CPUs of a machine, what they share, and which of them this process may use. An immutable value, as it was when it was
 * read.
 *
 * <pre>{@code
 * CpuTopology machine = CpuTopology.read();
 * for (CpuSet core : machine.physicalCores()) {
 *     System.out.println("CPUs " + core + " are one physical core");
 * }
 * }</pre>
 *
 * <p>Lists of sets name online CPUs only, and those next to each other are close together: cores are listed package by
 * package, and in a package cache by cache. No two sets of a list share a CPU. A CPU of which the kernel does not tell what it
 * shares is in none of them.
 *
 * <p>Sources: {@code /sys/devices/system/cpu} and {@code node} (the kernel's
 * {@code Documentation/admin-guide/cputopology.rst} and {@code ABI/testing/sysfs-devices-system-cpu}), {@code cgroups(7)},
 * {@code cpuset(7)}, {@code proc_pid_status(5)}. Where those leave a choice, the answer is hwloc's.
 */
public final class CpuTopology {
    private static final String MASK = "Cpus_allowed_list:";

    private final CpuSet present;
    private final CpuSet online;
    private final CpuSet isolated;
    private final CpuSet nohzFull;
    private final NestedSets sets;
    private final List<NumaNode> numaNodes;
    private final List<CoreKind> kinds;
    private final Optional<CpusetLimit> cpuset;
    private final Optional<CpuSet> affinity;
    private final Optional<CpuQuota> quota;
    private final List<ReadProblem> problems;

    private CpuTopology(SysTree tree) {
        CpuReader cpus = new CpuReader(tree);
        present = cpus.present();
        online = cpus.online();
        isolated = cpus.isolated();
        nohzFull = cpus.nohzFull();
        sets = new NestedSets(online);
        cpus.readInto(sets);
        numaNodes = new NumaReader(tree, online).readInto(sets);
        kinds = new KindReader(tree, online).read();
        CgroupReader cgroups = new CgroupReader(tree);
        cpuset = cgroups.cpuset();
        quota = cgroups.quota();
        affinity = Optional.ofNullable(readAffinity(tree));
        problems = tree.problems();
    }

    /**
     * Reads this machine, as this process sees it.
     *
     * @return what it is now
     * @throws IOException if there is no readable {@code /sys/devices/system/cpu}: it is not mounted, or hidden
     */
    public static CpuTopology read() throws IOException {
        return read(Path.of("/"));
    }

    /**
     * Reads a machine that was recorded.
     *
     * @param root the directory that holds its {@code sys} and {@code proc}
     * @return what it was
     * @throws IOException if there is no such tree there
     */
    public static CpuTopology read(Path root) throws IOException {
        return read(root, TopologyRecorder.NONE);
    }

    /**
     * Reads a machine and tells of each file it looked at.
     *
     * @param root the directory that holds {@code sys} and {@code proc}
     * @param recorder is told
     * @return what it is
     * @throws IOException if there is no such tree there
     */
    public static CpuTopology read(Path root, TopologyRecorder recorder) throws IOException {
        Objects.requireNonNull(recorder, "recorder");
        Path cpus = root.resolve("sys/devices/system/cpu");
        if (!Files.isDirectory(cpus)) {
            throw new NotDirectoryException(
                    "there is no machine to read below " + root + ": " + cpus
                            + " is missing, or may not be read. It takes a tree with sys and proc in it, as Linux has at / where /sys is mounted");
        }
        SysTree tree = new SysTree(root, recorder);
        CpuTopology machine = new CpuTopology(tree);
        if (machine.online.isEmpty()) {
            throw new IOException("no CPU could be read below " + cpus
                    + (machine.problems.isEmpty() ? ": it names none" : ": " + machine.problems.get(0)));
        }
        return machine;
    }

    private static @Nullable CpuSet readAffinity(SysTree tree) {
        for (String line : tree.lines("proc/self/status")) {
            if (line.startsWith(MASK)) {
                try {
                    return CpuSet.parse(line.substring(MASK.length()));
                } catch (IllegalArgumentException e) {
                    tree.report("proc/self/status", String.valueOf(e.getMessage()));
                }
            }
        }
        return null;
    }

    /**
     * Returns the CPUs that the machine has, online or not.
     *
     * @return their numbers
     */
    public CpuSet present() {
        return present;
    }

    /**
     * Returns the CPUs that run.
     *
     * @return their numbers
     */
    public CpuSet online() {
        return online;
    }

    /**
     * Returns the CPUs that the kernel was booted to keep free ({@code isolcpus}): nothing runs there that does not ask to.
     *
     * @return their numbers, mostly none
     */
    public CpuSet isolated() {
        return isolated;
    }

    /**
     * Returns the CPUs that the kernel was booted to spare its timer tick while they run a single thread ({@code nohz_full}).
     *
     * @return their numbers, mostly none
     */
    public CpuSet nohzFull() {
        return nohzFull;
    }

    /**
     * Returns the CPUs that threads of this process may be pinned to: the online ones of its cpuset that are in its affinity
     * mask, and the isolated ones of its cpuset, which no mask has before somebody asks for them. Where no cpuset is to be seen, only those of the mask.
     *
     * @return their numbers
     */
    public CpuSet allowed() {
        if (cpuset.isEmpty()) {
            return affinity.isPresent() ? online.intersection(affinity.get()) : online;
        }
        CpuSet possible = online.intersection(cpuset.get().cpus());
        return affinity.isPresent() ? possible.intersection(affinity.get().union(isolated)) : possible;
    }

    /**
     * Returns the cgroup that limits the CPUs of this process.
     *
     * @return the cgroup and its CPUs, or nothing where no cpuset controller is to be seen
     */
    public Optional<CpusetLimit> cpuset() {
        return cpuset;
    }

    /**
     * Returns the affinity mask that this process was started with: that of its first thread.
     *
     * @return the mask, or nothing where {@code /proc} does not tell
     */
    public Optional<CpuSet> affinity() {
        return affinity;
    }

    /**
     * Returns the limit on this process's CPU time.
     *
     * @return the tightest one, or nothing if there is none
     */
    public Optional<CpuQuota> quota() {
        return quota;
    }

    /**
     * Returns the packages: processors in their sockets.
     *
     * @return the CPUs of each
     */
    public List<CpuSet> packages() {
        return sets.all(Level.PACKAGE);
    }

    /**
     * Returns the dies that packages are made of, where the kernel tells of dies of more than one CPU.
     *
     * @return the CPUs of each
     */
    public List<CpuSet> dies() {
        return sets.all(Level.DIE);
    }

    /**
     * Returns the clusters: cores that share something below the last cache, where the kernel tells of clusters of more than
     * one CPU.
     *
     * @return the CPUs of each
     */
    public List<CpuSet> clusters() {
        return sets.all(Level.CLUSTER);
    }

    /**
     * Returns the NUMA nodes. A machine whose kernel knows none is one node, 0.
     *
     * @return the nodes, in the order of the CPUs that are near to them
     */
    public List<NumaNode> numaNodes() {
        return numaNodes;
    }

    /**
     * Returns the groups of CPUs that share a third-level cache.
     *
     * @return the CPUs of each
     */
    public List<CpuSet> l3Groups() {
        return sets.all(Level.L3);
    }

    /**
     * Returns the groups of CPUs that share a second-level cache.
     *
     * @return the CPUs of each
     */
    public List<CpuSet> l2Groups() {
        return sets.all(Level.L2);
    }

    /**
     * Returns the physical cores. The CPUs of one are SMT siblings: they take turns on the same execution units.
     *
     * @return the CPUs of each
     */
    public List<CpuSet> physicalCores() {
        return sets.all(Level.CORE);
    }

    /**
     * Returns the kinds of core, the least powerful first.
     *
     * @return the kinds, which share no CPU; a CPU of which the kernel tells neither frequency nor capacity nor type is in
     *     none
     */
    public List<CoreKind> kinds() {
        return kinds;
    }

    /**
     * Returns the CPUs of the physical core that a CPU is in.
     *
     * @param cpu a CPU's number
     * @return its SMT siblings and itself; only itself where nothing is known of it
     */
    public CpuSet siblings(int cpu) {
        return setOf(physicalCores(), cpu);
    }

    /**
     * Returns the CPUs that share the third-level cache of a CPU.
     *
     * @param cpu a CPU's number
     * @return those and itself; only itself where nothing is known of it
     */
    public CpuSet sharingL3(int cpu) {
        return setOf(l3Groups(), cpu);
    }

    /**
     * Returns the NUMA node that a CPU belongs to.
     *
     * @param cpu a CPU's number
     * @return its node, or nothing if it is in none
     */
    public Optional<NumaNode> numaNode(int cpu) {
        return numaNodes.stream().filter(node -> node.cpus().contains(cpu)).findFirst();
    }

    private static CpuSet setOf(List<CpuSet> sets, int cpu) {
        return sets.stream().filter(set -> set.contains(cpu)).findFirst().orElse(CpuSet.of(cpu));
    }

    /**
     * Returns what could not be read.
     *
     * @return the files and what was wrong with them, mostly none
     */
    public List<ReadProblem> problems() {
        return problems;
    }

    /** Returns a line with the number of each. */
    @Override
    public String toString() {
        return "CPUs %s, allowed %s; packages: %d, NUMA nodes: %d, physical cores: %d"
                .formatted(
                        online,
                        allowed(),
                        packages().size(),
                        numaNodes.size(),
                        physicalCores().size());
    }
}
