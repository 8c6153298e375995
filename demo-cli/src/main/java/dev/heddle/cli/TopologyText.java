package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CpuQuota;
import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.NumaNode;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** Draws a machine with characters: a box for each physical core. */
final class TopologyText {
    private static final int WIDTH = 100;

    /** What lines are drawn with: corners and sides of boxes, branches of the tree. */
    private record Pen(String horizontal, String vertical, String corners, String branch, String last, String trunk) {
        static final Pen LINES = new Pen("─", "│", "┌┐└┘", "├─ ", "└─ ", "│  ");
        static final Pen ASCII = new Pen("-", "|", "++++", "+- ", "`- ", "|  ");

        static Pen of(Charset charset) {
            return charset.newEncoder().canEncode("─│┌┐└┘├") ? LINES : ASCII;
        }
    }

    private final PrintWriter out;
    private final Pen pen;
    private final CpuTopology machine;
    private final CpuMarks marks;
    private final int digits;

    TopologyText(PrintWriter out, Charset charset, CpuTopology machine) {
        this.out = out;
        this.pen = Pen.of(charset);
        this.machine = machine;
        this.marks = new CpuMarks(machine);
        this.digits = String.valueOf(machine.online().last()).length();
    }

    void print() {
        facts();
        out.println();
        print(MachineTree.of(machine), "", "");
        for (NumaNode node : machine.numaNodes()) {
            if (node.cpus().isEmpty()) {
                out.println("NUMA node " + node.node() + "  memory only"
                        + (node.nearest().isEmpty() ? "" : ", nearest to CPUs " + node.nearest()));
            }
        }
        legend();
    }

    private void facts() {
        fact(
                "machine",
                "%s, %s, %s, %s"
                        .formatted(
                                count(machine.online().size(), "CPU"),
                                count(machine.physicalCores().size(), "physical core"),
                                count(machine.packages().size(), "package"),
                                count(machine.numaNodes().size(), "NUMA node")));
        fact("offline", machine.present().minus(machine.online()).toString());
        fact(
                "allowed",
                machine.allowed()
                        + machine.cpuset()
                                .map(limit -> "  (cpuset " + limit.cpus() + " of cgroup " + limit.cgroup() + ")")
                                .orElse(""));
        fact("isolated", machine.isolated().toString());
        fact("nohz_full", machine.nohzFull().toString());
        fact("quota", machine.quota().map(TopologyText::describe).orElse(""));
        if (marks.hasKinds()) {
            machine.kinds()
                    .forEach(kind -> fact(
                            "kind " + kind.efficiencyRank(),
                            kind.cpus() + "  " + kind.tier().name().toLowerCase(Locale.ROOT)
                                    + (kind.maxMegahertz().isPresent()
                                            ? ", up to " + kind.maxMegahertz().getAsInt() + " MHz"
                                            : "")
                                    + (kind.capacity().isPresent()
                                            ? ", capacity " + kind.capacity().getAsInt()
                                            : "")));
        }
    }

    static String describe(CpuQuota quota) {
        return "%.2f CPUs: %d of every %d us  (cgroup %s)"
                .formatted(quota.cpus(), quota.quotaMicros(), quota.periodMicros(), quota.cgroup());
    }

    private void fact(String name, String value) {
        if (!value.isEmpty()) {
            out.printf("%-9s %s%n", name, value);
        }
    }

    private static String count(int number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private void print(MachineTree.Group group, String first, String rest) {
        out.println(first + group.title() + "  " + group.cpus());
        boolean hasGroups = !group.groups().isEmpty();
        cores(group.cores(), rest + (hasGroups ? pen.trunk : "   "));
        for (int i = 0; i < group.groups().size(); i++) {
            boolean last = i == group.groups().size() - 1;
            print(group.groups().get(i), rest + (last ? pen.last : pen.branch), rest + (last ? "   " : pen.trunk));
        }
    }

    /** Boxes side by side, as many as fit on a line. */
    private void cores(List<CpuSet> cores, String indent) {
        StringBuilder top = new StringBuilder();
        StringBuilder middle = new StringBuilder();
        StringBuilder bottom = new StringBuilder();
        for (CpuSet core : cores) {
            String inside = inside(core);
            if (!top.isEmpty() && indent.length() + top.length() + inside.length() + 2 > WIDTH) {
                flush(indent, top, middle, bottom);
            }
            String kind = marks.isPerformance(core) ? "P" : marks.isEfficiency(core) ? "E" : pen.horizontal;
            top.append(pen.corners.charAt(0))
                    .append(kind)
                    .append(line(inside.length() - 1))
                    .append(pen.corners.charAt(1));
            middle.append(pen.vertical).append(inside).append(pen.vertical);
            bottom.append(pen.corners.charAt(2)).append(line(inside.length())).append(pen.corners.charAt(3));
        }
        if (!top.isEmpty()) {
            flush(indent, top, middle, bottom);
        }
    }

    private String inside(CpuSet core) {
        StringBuilder inside = new StringBuilder();
        core.stream()
                .forEach(cpu -> inside.append(' ')
                        .append(" ".repeat(digits - String.valueOf(cpu).length()))
                        .append(cpu)
                        .append(!marks.isAllowed(cpu) ? 'x' : marks.isIsolated(cpu) ? '*' : ' '));
        return inside.toString();
    }

    private String line(int length) {
        return pen.horizontal.repeat(Math.max(0, length));
    }

    private void flush(String indent, StringBuilder... lines) {
        for (StringBuilder line : lines) {
            out.println(indent + line);
            line.setLength(0);
        }
    }

    private void legend() {
        StringBuilder legend = new StringBuilder();
        if (machine.physicalCores().stream().anyMatch(core -> core.size() > 1)) {
            legend.append("  CPUs in one box are SMT siblings");
        }
        if (!machine.allowed().containsAll(machine.online())) {
            legend.append("  x not allowed");
        }
        if (machine.isolated().intersects(machine.allowed())) {
            legend.append("  * isolated");
        }
        if (marks.hasKinds()) {
            legend.append("  P performance  E efficiency");
        }
        if (!legend.isEmpty()) {
            out.println();
            out.println(Objects.toString(legend).strip());
        }
    }
}
