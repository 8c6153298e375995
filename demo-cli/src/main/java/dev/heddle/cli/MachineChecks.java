package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CoreKind.Tier;
import dev.heddle.topology.CpuQuota;
import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.NumaNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the doctor looks at in the machine, and in what this process was given of it. */
final class MachineChecks {
    private static final String PERFORMANCE = "performance";

    private final Path root;
    private final CpuTopology machine;
    private final CpuSet cores;

    MachineChecks(Path root, CpuTopology machine, CpuSet cores) {
        this.root = root;
        this.machine = machine;
        this.cores = cores;
    }

    List<Check> all() {
        List<Check> checks =
                new ArrayList<>(List.of(allowed(), quota(), smt(), isolated(), tickless(), numa(), governor()));
        if (!CpuMarks.tier(machine, Tier.EFFICIENCY).isEmpty()) {
            checks.add(kinds());
        }
        if (!machine.problems().isEmpty()) {
            checks.add(Check.warn(
                    "topology",
                    machine.problems().size() + " files were not understood, the first: "
                            + machine.problems().get(0),
                    "see them all with heddle topology"));
        }
        return checks;
    }

    private Check allowed() {
        CpuSet allowed = machine.allowed();
        CpuSet online = machine.online();
        String found = "this process may use " + cpus(allowed) + " of " + online;
        if (allowed.containsAll(online)) {
            return Check.ok("allowed", found);
        }
        CpuSet cpuset = machine.cpuset().map(limit -> limit.cpus()).orElse(online);
        boolean byMask = machine.affinity().isPresent()
                && !machine.affinity().get().union(machine.isolated()).containsAll(cpuset.intersection(online));
        String cause = byMask
                ? "the affinity mask that it was started with (taskset, numactl, CPUAffinity= of systemd)"
                        + (machine.cpuset().isPresent() ? "" : ", or by a cpuset that is not to be seen here")
                : "the cpuset of cgroup "
                        + machine.cpuset().map(limit -> limit.cgroup()).orElse("/");
        String advice = byMask
                ? "start it with a wider mask: taskset -c LIST"
                        + (machine.cpuset().isPresent() ? "" : "; or widen the cpuset: docker run --cpuset-cpus LIST")
                : "widen the cpuset: docker run --cpuset-cpus LIST; in Kubernetes ask for more whole CPUs under the static CPU"
                        + " manager; AllowedCPUs=LIST of systemd";
        String limited = found + ", limited by " + cause;
        return allowed.size() == 1
                ? Check.warn("allowed", limited, "one CPU is one core, and the JVM's own threads share it: " + advice)
                : new Check("allowed", Check.Status.OK, limited, "");
    }

    private Check quota() {
        if (machine.quota().isEmpty()) {
            return Check.ok("quota", "no limit on CPU time is to be seen");
        }
        CpuQuota quota = machine.quota().get();
        Throttling throttling = throttling(quota.cgroup());
        String found = TopologyText.describe(quota) + throttling;
        if (quota.cpus() >= cores.size()) {
            return throttling.isHeavy()
                    ? Check.warn(
                            "quota",
                            found,
                            "the JVM's own threads use the same time, and earlier programs of the cgroup did: leave a CPU more"
                                    + " than there are cores, HEDDLE_CORES below the limit, or raise the limit")
                    : Check.ok("quota", found);
        }
        int whole = Math.max(1, (int) quota.cpus());
        long idleMillis = (long) (quota.periodMicros() * (1 - quota.cpus() / cores.size()) / 1000);
        String busy = cores.size() == 1 ? "With its core busy" : "With all " + cores.size() + " cores busy";
        String fewer = cores.size() == 1
                ? ""
                : "use " + (whole == 1 ? "one core" : whole + " cores") + " (--cores spread:" + whole
                        + ", HEDDLE_CORES=" + whole + ")" + (quota.cpus() < 1 ? " and raise the limit to 1; " : "; ")
                        + "or ";
        return Check.fail(
                "quota",
                found + ". " + busy + " it is spent early, and the kernel stops all of them for about " + idleMillis
                        + " of every " + quota.periodMicros() / 1000 + " ms",
                fewer + "raise the limit to " + cores.size() + " (docker run --cpus " + cores.size()
                        + ", limits.cpu: " + cores.size() + " in Kubernetes, CPUQuota=" + 100 * cores.size()
                        + "% of systemd); or give it CPUs of its own instead: --cpuset-cpus, the static CPU manager");
    }

    /** How often the quota has stopped the cgroup so far. */
    private record Throttling(long throttled, long periods) {
        boolean isHeavy() {
            return periods >= 20 && throttled * 20 >= periods;
        }

        @Override
        public String toString() {
            return periods == 0 ? "" : "; throttled in " + throttled + " of " + periods + " periods so far";
        }
    }

    private Throttling throttling(String cgroup) {
        for (String mount : List.of("sys/fs/cgroup", "sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct")) {
            Map<String, Long> stat = new TreeMap<>();
            for (String line : lines(mount + (cgroup.equals("/") ? "" : cgroup) + "/cpu.stat")) {
                int blank = line.indexOf(' ');
                try {
                    stat.put(
                            line.substring(0, Math.max(0, blank)),
                            Long.parseLong(line.substring(blank + 1).strip()));
                } catch (NumberFormatException another) {
                    // not one of the two numbers that are wanted
                }
            }
            if (stat.getOrDefault("nr_periods", 0L) > 0) {
                return new Throttling(stat.getOrDefault("nr_throttled", 0L), stat.getOrDefault("nr_periods", 0L));
            }
        }
        return new Throttling(0, 0);
    }

    private Check smt() {
        List<String> both = new ArrayList<>();
        CpuSet others = CpuSet.empty();
        for (CpuSet core : machine.physicalCores()) {
            CpuSet chosen = core.intersection(cores);
            if (chosen.size() > 1) {
                both.add(chosen.toString());
            }
            others = chosen.isEmpty() ? others : others.union(core.minus(cores));
        }
        if (!both.isEmpty()) {
            return Check.warn(
                    "smt",
                    "SMT siblings are among the cores and share execution units: " + listed(both),
                    "for steady times take one CPU of each physical core: --cores one-per-core, or .../one-per-core");
        }
        return Check.ok(
                "smt",
                others.isEmpty()
                        ? "no core shares a physical core with another CPU"
                        : "SMT siblings of the cores, " + cpus(others) + ", are left to whoever runs there");
    }

    private Check kinds() {
        CpuSet fast = cores.intersection(CpuMarks.tier(machine, Tier.PERFORMANCE));
        CpuSet small = cores.intersection(CpuMarks.tier(machine, Tier.EFFICIENCY));
        if (!fast.isEmpty() && !small.isEmpty()) {
            return Check.warn(
                    "kinds",
                    "the cores are of several kinds: performance " + fast + ", efficiency " + small,
                    "choose one of them: --cores kind:performance");
        }
        return Check.ok("kinds", small.isEmpty() ? "all are performance cores" : "all are efficiency cores");
    }

    private Check isolated() {
        CpuSet isolated = machine.isolated();
        CpuSet chosen = cores.intersection(isolated);
        if (isolated.isEmpty()) {
            return Check.ok("isolated", "the kernel isolates no CPU: other programs may run on the cores too");
        }
        if (chosen.isEmpty()) {
            return Check.warn(
                    "isolated",
                    "the kernel keeps " + cpus(isolated) + " free, and none of the cores is there",
                    isolated.intersects(machine.allowed())
                            ? "choose them: --cores isolated"
                            : "this process may not use them: widen its cpuset");
        }
        return chosen.equals(cores)
                ? Check.ok("isolated", "all cores are kept free by the kernel")
                : Check.warn(
                        "isolated",
                        "cores " + chosen + " are kept free by the kernel, cores " + cores.minus(chosen) + " are not",
                        "expect other delays on those; --cores isolated leaves them out");
    }

    private Check tickless() {
        CpuSet with = cores.minus(machine.nohzFull());
        return Check.ok(
                "nohz_full",
                with.isEmpty()
                        ? "the cores have no timer tick while they run one thread"
                        : "the timer tick interrupts " + cpus(with) + ": microseconds, some hundred times a second");
    }

    private Check numa() {
        List<String> spans = machine.numaNodes().stream()
                .filter(node -> node.cpus().intersects(cores))
                .map(NumaNode::node)
                .map(String::valueOf)
                .toList();
        return Check.ok(
                "numa",
                spans.size() < 2
                        ? "all cores are on NUMA node " + String.join(",", spans)
                        : "the cores are on NUMA nodes " + String.join(", ", spans)
                                + ": core.arena() gives memory of a core's own node");
    }

    private Check governor() {
        Map<String, CpuSet> governors = new TreeMap<>();
        for (int cpu : cores) {
            for (String name : lines("sys/devices/system/cpu/cpu" + cpu + "/cpufreq/scaling_governor")) {
                governors.merge(name.strip(), CpuSet.of(cpu), CpuSet::union);
            }
        }
        if (governors.isEmpty()) {
            return Check.ok("governor", "the kernel shows no frequency governor: the firmware or the host decides");
        }
        CpuSet slow = governors.entrySet().stream()
                .filter(entry -> !entry.getKey().equals(PERFORMANCE))
                .map(Map.Entry::getValue)
                .reduce(CpuSet.empty(), CpuSet::union);
        if (slow.isEmpty()) {
            return Check.ok("governor", PERFORMANCE);
        }
        return Check.warn(
                "governor",
                "the frequency of " + cpus(slow) + " follows the load: " + String.join(", ", governors.keySet()),
                "cpupower -c " + slow + " frequency-set -g performance");
    }

    private List<String> lines(String path) {
        try {
            return Files.readAllLines(root.resolve(path));
        } catch (IOException absent) {
            return List.of();
        }
    }

    static String cpus(CpuSet cpus) {
        return (cpus.size() == 1 ? "CPU " : "CPUs ") + cpus;
    }

    /** The first few, and how many there are. */
    static String listed(List<String> items) {
        int most = 6;
        String first = String.join("; ", items.subList(0, Math.min(most, items.size())));
        return items.size() <= most ? first : first + "; and " + (items.size() - most) + " more";
    }
}
