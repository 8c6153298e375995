package dev.heddle.runtime.internal.placement;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CoreKind;
import dev.heddle.topology.CoreKind.Tier;
import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.NumaNode;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** One step of a placement: narrows what the steps before it have left. A value. */
public final class PlacementStep {
    /**
     * The CPUs that are left.
     *
     * @param usual those that a step chooses from
     * @param isolated those that are chosen by name only
     */
    public record Candidates(CpuSet usual, CpuSet isolated) {
        /** All that the process may use. */
        public static Candidates of(CpuTopology machine) {
            CpuSet allowed = machine.allowed();
            CpuSet asked = machine.affinity().orElse(CpuSet.empty());
            CpuSet isolated = allowed.intersection(machine.isolated()).minus(asked);
            return new Candidates(allowed.minus(isolated), isolated);
        }

        CpuSet both() {
            return usual.union(isolated);
        }

        Candidates keep(CpuSet cpus) {
            return new Candidates(usual.intersection(cpus), isolated.intersection(cpus));
        }

        static Candidates only(CpuSet cpus) {
            return new Candidates(cpus, CpuSet.empty());
        }
    }

    private interface Rule {
        /** Returns what is left; with nothing usual in it for a step that its own words refuse. */
        Candidates apply(CpuTopology machine, Candidates left);
    }

    private final String text;
    private final Rule rule;

    /** The CPUs that it names, if it names some; or else none. */
    private final CpuSet named;

    private PlacementStep(String text, Rule rule) {
        this(text, CpuSet.empty(), rule);
    }

    private PlacementStep(String text, CpuSet named, Rule rule) {
        this.text = text;
        this.named = named;
        this.rule = rule;
    }

    /** The CPUs that it names by their numbers; none for another step. */
    public CpuSet named() {
        return named;
    }

    /** Its text. */
    public String text() {
        return text;
    }

    /**
     * Narrows.
     *
     * @param whole the placement that this is a step of, for the message
     * @throws IllegalArgumentException if nothing is left, or not what was asked for
     */
    public Candidates narrow(CpuTopology machine, Candidates left, Object whole) {
        try {
            Candidates narrowed = rule.apply(machine, left);
            if (narrowed.usual().isEmpty() && narrowed.isolated().isEmpty()) {
                throw new IllegalArgumentException("it leaves none of " + named(left.usual()));
            }
            return narrowed;
        } catch (IllegalArgumentException cannot) {
            String where = text.equals(whole.toString()) ? "" : " (step " + text + ")";
            throw new IllegalArgumentException(
                    "placement " + whole + where + " cannot be met: " + cannot.getMessage(), cannot);
        }
    }

    /** What is left in the end: the CPUs, at least one. */
    public static CpuSet requireUsual(Candidates left, Object whole) {
        try {
            return usual(left);
        } catch (IllegalArgumentException onlyIsolated) {
            throw new IllegalArgumentException(
                    "placement " + whole + " cannot be met: " + onlyIsolated.getMessage(), onlyIsolated);
        }
    }

    public static PlacementStep all() {
        return new PlacementStep("all", (machine, left) -> left);
    }

    public static PlacementStep cpus(CpuSet cpus) {
        requireSome(cpus);
        return new PlacementStep(cpus.toString(), cpus, (machine, left) -> {
            CpuSet missing = cpus.minus(left.both());
            if (!missing.isEmpty()) {
                throw new IllegalArgumentException(whyNot(machine, missing, left.both()));
            }
            return Candidates.only(cpus);
        });
    }

    private static String whyNot(CpuTopology machine, CpuSet missing, CpuSet left) {
        CpuSet unknown = missing.minus(machine.present());
        CpuSet offline = missing.minus(unknown).minus(machine.online());
        CpuSet forbidden = missing.minus(unknown).minus(offline).minus(machine.allowed());
        String advice = "; this process may use " + machine.allowed() + cgroup(machine) + ". Choose among them";
        if (!unknown.isEmpty()) {
            return "the machine has no " + named(unknown) + ", it has " + machine.present() + advice;
        }
        if (!offline.isEmpty()) {
            return named(offline) + are(offline) + "offline" + advice;
        }
        if (!forbidden.isEmpty()) {
            return named(forbidden) + are(forbidden) + "not allowed" + advice
                    + ", or widen the affinity mask or cpuset it is started with";
        }
        return "the steps before it have left " + named(left) + ", without " + missing;
    }

    private static String are(CpuSet cpus) {
        return cpus.size() == 1 ? " is " : " are ";
    }

    private static String cgroup(CpuTopology machine) {
        return machine.cpuset()
                .filter(limit -> !limit.cgroup().equals("/"))
                .map(limit -> " (cgroup " + limit.cgroup() + ")")
                .orElse("");
    }

    public static PlacementStep excluding(CpuSet cpus) {
        requireSome(cpus);
        return new PlacementStep(
                "excluding:" + cpus,
                (machine, left) ->
                        new Candidates(left.usual().minus(cpus), left.isolated().minus(cpus)));
    }

    public static PlacementStep onePerPhysicalCore() {
        return new PlacementStep(
                "one-per-core",
                (machine, left) -> Candidates.only(new CpuSelection(machine, usual(left)).onePerPhysicalCore()));
    }

    public static PlacementStep spread(int count) {
        return counting("spread", count, CpuSelection::spread);
    }

    public static PlacementStep pack(int count) {
        return counting("pack", count, CpuSelection::pack);
    }

    private interface Choice {
        CpuSet choose(CpuSelection selection, int count);
    }

    private static PlacementStep counting(String name, int count, Choice choice) {
        if (count < 1) {
            throw new IllegalArgumentException(name + " chooses at least 1 CPU, not " + count);
        }
        return new PlacementStep(name + ":" + count, (machine, left) -> {
            CpuSet usual = usual(left);
            if (count > usual.size()) {
                throw new IllegalArgumentException(
                        (usual.size() == 1 ? "there is 1 CPU" : "there are " + usual.size() + " CPUs")
                                + " to choose from, " + usual + ". The nearest is " + name + ":" + usual.size());
            }
            return Candidates.only(choice.choose(new CpuSelection(machine, usual), count));
        });
    }

    public static PlacementStep numaNode(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("NUMA nodes are numbered from 0, " + number + " is none");
        }
        return new PlacementStep("node:" + number, (machine, left) -> {
            NumaNode node = machine.numaNodes().stream()
                    .filter(each -> each.node() == number)
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "there is no NUMA node " + number + ". There is " + nodesWithCpus(machine, left)));
            if (node.cpus().isEmpty()) {
                throw new IllegalArgumentException("NUMA node " + number + " has memory and no CPU"
                        + (node.nearest().isEmpty() ? "" : ", its nearest are CPUs " + node.nearest())
                        + ". There is " + nodesWithCpus(machine, left));
            }
            Candidates kept = left.keep(node.cpus());
            if (kept.both().isEmpty()) {
                throw new IllegalArgumentException("none of its CPUs, " + node.cpus() + ", is among "
                        + named(left.usual()) + ", which are left to choose from. To choose from there is "
                        + nodesWithCpus(machine, left));
            }
            return kept;
        });
    }

    private static String nodesWithCpus(CpuTopology machine, Candidates left) {
        return machine.numaNodes().stream()
                .filter(node -> node.cpus().intersects(left.both()))
                .map(node -> "node:" + node.node() + " with CPUs " + node.cpus().intersection(left.both()))
                .collect(Collectors.joining(", "));
    }

    public static PlacementStep isolated() {
        return new PlacementStep("isolated", (machine, left) -> {
            CpuSet isolated = left.both().intersection(machine.isolated());
            if (isolated.isEmpty()) {
                throw new IllegalArgumentException(
                        machine.isolated().isEmpty()
                                ? "the kernel isolates no CPU: it was booted without isolcpus. To choose from there is "
                                        + named(left.usual())
                                : "the isolated CPUs, " + machine.isolated() + ", are not among those to choose from, "
                                        + left.both());
            }
            return Candidates.only(isolated);
        });
    }

    public static PlacementStep kind(Tier tier) {
        return new PlacementStep("kind:" + tier.name().toLowerCase(Locale.ROOT), (machine, left) -> {
            CpuSet wanted = CpuSet.empty();
            CpuSet others = CpuSet.empty();
            for (CoreKind kind : machine.kinds()) {
                if (kind.tier() == tier) {
                    wanted = wanted.union(kind.cpus());
                } else {
                    others = others.union(kind.cpus());
                }
            }
            if (wanted.isEmpty() || others.isEmpty()) {
                throw new IllegalArgumentException(
                        "the machine does not have cores of several kinds, as far as the kernel"
                                + " tells. Leave the step out, to choose from " + named(left.usual()));
            }
            Candidates kept = left.keep(wanted);
            if (kept.both().isEmpty()) {
                throw new IllegalArgumentException("none of these cores, CPUs " + wanted + ", is among "
                        + named(left.usual()) + ", which are left to choose from");
            }
            return kept;
        });
    }

    private static CpuSet usual(Candidates left) {
        if (left.usual().isEmpty()) {
            throw new IllegalArgumentException(
                    "only isolated CPUs are left, " + left.isolated() + ": the step isolated chooses them");
        }
        return left.usual();
    }

    private static void requireSome(CpuSet cpus) {
        if (cpus.isEmpty()) {
            throw new IllegalArgumentException("a placement needs at least one CPU, the set is empty");
        }
    }

    private static String named(CpuSet cpus) {
        return (cpus.size() == 1 ? "CPU " : "CPUs ") + cpus;
    }

    /** The words that a text may begin a step with, for the message of the parser. */
    static List<String> forms() {
        return List.of(
                "a list of CPUs (0-3,8)",
                "all",
                "one-per-core",
                "spread:N",
                "pack:N",
                "node:K",
                "isolated",
                "kind:performance",
                "kind:efficiency",
                "excluding:LIST");
    }
}
