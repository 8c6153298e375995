package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.internal.placement.PlacementParser;
import dev.heddle.runtime.internal.placement.PlacementStep;
import dev.heddle.topology.CoreKind.Tier;
import dev.heddle.topology.CpuTopology;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which CPUs of a machine to use, said without their numbers: a value, which {@link #resolve} turns into CPUs.
 *
 * <pre>{@code
 * Placement placement = Placement.numaNode(1).then(Placement.spread(4)); // or parse("node:1/spread:4")
 * CoreManager cores = CoreManager.builder().cores(placement).start();
 * }</pre>
 *
 * <p>A placement is one step or several, each of which narrows what the one before has left. The first begins with the CPUs
 * that the process may use: those of its affinity mask and cpuset that are online. {@linkplain CpuTopology#isolated()
 * Isolated} CPUs are chosen by {@link #isolated()} and by {@link #cpus} alone, for the kernel keeps them for those who ask.
 *
 * <table>
 * <caption>The steps and their text</caption>
 * <tr><th>step</th><th>text</th><th>leaves</th></tr>
 * <tr><td>{@link #all()}</td><td>{@code all}</td><td>all of them</td></tr>
 * <tr><td>{@link #cpus}</td><td>{@code 0-3,8}</td><td>exactly these</td></tr>
 * <tr><td>{@link #onePerPhysicalCore()}</td><td>{@code one-per-core}</td><td>no SMT siblings</td></tr>
 * <tr><td>{@link #spread}</td><td>{@code spread:4}</td><td>4, far from each other</td></tr>
 * <tr><td>{@link #pack}</td><td>{@code pack:4}</td><td>4, close together</td></tr>
 * <tr><td>{@link #numaNode}</td><td>{@code node:1}</td><td>those of node 1</td></tr>
 * <tr><td>{@link #isolated()}</td><td>{@code isolated}</td><td>the isolated ones</td></tr>
 * <tr><td>{@link #performanceCores()}</td><td>{@code kind:performance}</td><td>the fast ones</td></tr>
 * <tr><td>{@link #efficiencyCores()}</td><td>{@code kind:efficiency}</td><td>the others</td></tr>
 * <tr><td>{@link #excluding}</td><td>{@code excluding:0-1}</td><td>all but these</td></tr>
 * <tr><td>{@link #then}</td><td>{@code node:1/spread:4}</td><td>what each in turn leaves</td></tr>
 * </table>
 */
public final class Placement {
    private final List<PlacementStep> steps;

    private Placement(List<PlacementStep> steps) {
        this.steps = List.copyOf(steps);
    }

    private static Placement of(PlacementStep step) {
        return new Placement(List.of(step));
    }

    /**
     * Leaves every CPU.
     *
     * @return the placement
     */
    public static Placement all() {
        return of(PlacementStep.all());
    }

    /**
     * Leaves exactly these CPUs.
     *
     * @param cpus their numbers, at least one
     * @return the placement
     * @throws IllegalArgumentException if the set is empty
     */
    public static Placement cpus(CpuSet cpus) {
        return of(PlacementStep.cpus(cpus));
    }

    /**
     * Leaves one CPU, the lowest, of each physical core.
     *
     * @return the placement
     */
    public static Placement onePerPhysicalCore() {
        return of(PlacementStep.onePerPhysicalCore());
    }

    /**
     * Leaves so many CPUs that have as little in common as can be: SMT siblings only where all physical cores are taken, and
     * evenly over packages, NUMA nodes and L3 groups. For tasks that each want a cache and memory bandwidth of their own.
     *
     * @param count how many, at least 1
     * @return the placement
     * @throws IllegalArgumentException if it is below 1
     */
    public static Placement spread(int count) {
        return of(PlacementStep.spread(count));
    }

    /**
     * Leaves so many CPUs that have as much in common as can be: an L3 cache, or, if none is shared by that many, a NUMA node,
     * or else a package. Of one cache SMT siblings come last; of several, whole caches come first, with their siblings. For tasks that talk to each other.
     *
     * @param count how many, at least 1
     * @return the placement
     * @throws IllegalArgumentException if it is below 1
     */
    public static Placement pack(int count) {
        return of(PlacementStep.pack(count));
    }

    /**
     * Leaves the CPUs of a NUMA node.
     *
     * @param node the node's number
     * @return the placement
     * @throws IllegalArgumentException if it is below 0
     */
    public static Placement numaNode(int node) {
        return of(PlacementStep.numaNode(node));
    }

    /**
     * Leaves the CPUs that the kernel was booted to keep free, {@code isolcpus}.
     *
     * @return the placement
     */
    public static Placement isolated() {
        return of(PlacementStep.isolated());
    }

    /**
     * Leaves the performance cores of a machine that has others too.
     *
     * @return the placement
     * @see dev.heddle.topology.CoreKind.Tier
     */
    public static Placement performanceCores() {
        return of(PlacementStep.kind(Tier.PERFORMANCE));
    }

    /**
     * Leaves the efficiency cores of a machine that has others too.
     *
     * @return the placement
     * @see dev.heddle.topology.CoreKind.Tier
     */
    public static Placement efficiencyCores() {
        return of(PlacementStep.kind(Tier.EFFICIENCY));
    }

    /**
     * Leaves all CPUs but these. To exclude some that are not there changes nothing.
     *
     * @param cpus their numbers, at least one
     * @return the placement
     * @throws IllegalArgumentException if the set is empty
     */
    public static Placement excluding(CpuSet cpus) {
        return of(PlacementStep.excluding(cpus));
    }

    /**
     * Reads the text form: steps with {@code /} between them, {@code node:1/one-per-core/spread:4}. A list of CPUs is that of
     * {@link CpuSet#parse}.
     *
     * @param text the text
     * @return the placement
     * @throws IllegalArgumentException if it is malformed, with what was found and what would do in the message
     */
    public static Placement parse(String text) {
        return new Placement(PlacementParser.parse(text));
    }

    /**
     * Returns this placement with another one after it, which narrows what this one leaves.
     *
     * @param next the other one
     * @return both, this one first
     */
    public Placement then(Placement next) {
        return new Placement(Stream.concat(steps.stream(), next.steps.stream()).toList());
    }

    /**
     * Chooses the CPUs.
     *
     * @param machine the machine to choose from
     * @return its CPUs, at least one
     * @throws IllegalArgumentException if the machine, or what this process may use of it, cannot give that: with what was
     *     asked, what there is, and what would come nearest in the message
     */
    public CpuSet resolve(CpuTopology machine) {
        Objects.requireNonNull(machine, "machine");
        PlacementStep.Candidates left = PlacementStep.Candidates.of(machine);
        for (PlacementStep step : steps) {
            left = step.narrow(machine, left, this);
        }
        return PlacementStep.requireUsual(left, this);
    }

    /** The CPUs, if it only names them by their numbers, for where the machine cannot be read; or else none. */
    CpuSet named() {
        return steps.size() == 1 ? steps.get(0).named() : CpuSet.empty();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Placement that && toString().equals(that.toString());
    }

    @Override
    public int hashCode() {
        return toString().hashCode();
    }

    /** Returns the text form, which {@link #parse} reads. */
    @Override
    public String toString() {
        return steps.stream().map(PlacementStep::text).collect(Collectors.joining("/"));
    }
}
