package dev.heddle.cli;

import static dev.heddle.cli.MachineChecks.cpus;
import static dev.heddle.cli.MachineChecks.listed;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What else lives on the cores: interrupts, other programs, the JVM's own threads. */
final class NeighbourChecks {
    private static final Pattern INTERRUPT = Pattern.compile("^\\s*(\\d+):\\s+((?:\\d+\\s+)+)(.*)$");
    private static final String MASK = "Cpus_allowed_list:";

    /** In the flags of {@code /proc/PID/stat}: the kernel's own thread. */
    private static final long KERNEL_THREAD = 0x0020_0000;

    private final Path root;
    private final CpuTopology machine;
    private final CpuSet cores;
    private final CpuSet others;

    /**
     * Prepares to look.
     *
     * @param root where {@code proc} is
     */
    NeighbourChecks(Path root, CpuTopology machine, CpuSet cores) {
        this.root = root;
        this.machine = machine;
        this.cores = cores;
        this.others = machine.online().minus(cores).minus(machine.isolated());
    }

    List<Check> all() {
        return List.of(interrupts(), processes(), jvmThreads());
    }

    /** Those that have been served on the cores and may be again. */
    private Check interrupts() {
        List<String> names = new ArrayList<>();
        List<String> lines = lines(root.resolve("proc/interrupts"));
        if (lines.isEmpty()) {
            return Check.ok(
                    "irqs", "/proc/interrupts is not to be seen: which interrupts land on the cores is not known");
        }
        int[] columns = Pattern.compile("\\d+")
                .matcher(lines.get(0))
                .results()
                .mapToInt(column -> Integer.parseInt(column.group()))
                .toArray();
        for (String line : lines) {
            Matcher interrupt = INTERRUPT.matcher(line);
            if (interrupt.matches() && cameTo(interrupt.group(2), columns) && mayCome(interrupt.group(1))) {
                String[] words = interrupt.group(3).strip().split("\\s+", -1);
                names.add(interrupt.group(1) + " (" + words[words.length - 1] + ")");
            }
        }
        if (names.isEmpty()) {
            return Check.ok("irqs", "no device's interrupts have come to the cores");
        }
        String found = "interrupts of devices land on the cores: " + listed(names);
        return others.isEmpty()
                ? Check.ok("irqs", found + ". There is no other CPU for them")
                : Check.warn(
                        "irqs",
                        found,
                        "send them elsewhere, as root on the host: echo " + others
                                + " > /proc/irq/N/smp_affinity_list, and tell"
                                + " irqbalance: IRQBALANCE_BANNED_CPULIST=" + cores);
    }

    private boolean cameTo(String counts, int[] columns) {
        String[] numbers = counts.strip().split("\\s+", -1);
        for (int i = 0; i < Math.min(numbers.length, columns.length); i++) {
            if (cores.contains(columns[i]) && !numbers[i].equals("0")) {
                return true;
            }
        }
        return false;
    }

    private boolean mayCome(String interrupt) {
        for (String file : List.of("effective_affinity_list", "smp_affinity_list")) {
            for (String line : lines(root.resolve("proc/irq/" + interrupt + "/" + file))) {
                CpuSet where = parse(line);
                if (where != null && !where.isEmpty()) {
                    return where.intersects(cores);
                }
            }
        }
        return true; // it does not say, and it has come
    }

    /** Programs that were put on some of the cores on purpose: with fewer CPUs than this process was given. */
    private Check processes() {
        Map<String, CpuSet> pinned = new TreeMap<>();
        int seen = 0;
        String own = String.valueOf(ProcessHandle.current().pid());
        for (Path process : numbered(root.resolve("proc"))) {
            String id = String.valueOf(process.getFileName());
            if (id.equals(own)) {
                continue;
            }
            seen++;
            for (Path thread : numbered(process.resolve("task"))) {
                CpuSet mask = mask(thread);
                if (mask != null && isChosen(mask) && !isKernelThread(thread)) {
                    pinned.merge(id + " (" + name(process) + ")", mask.intersection(cores), CpuSet::union);
                }
            }
        }
        if (seen == 0) {
            return Check.ok(
                    "processes", "no other process is to be seen: in a container, or /proc is hidden (hidepid)");
        }
        if (pinned.isEmpty()) {
            return Check.ok("processes", "none of the " + seen + " other processes to be seen is pinned to the cores");
        }
        List<String> names = new ArrayList<>();
        pinned.forEach((name, where) -> names.add(name + " on " + where));
        CpuSet free = cores.minus(all(pinned));
        return Check.warn(
                "processes",
                "other programs are pinned to the cores: " + listed(names),
                "if that is the program that this is about, all is well. Else put it elsewhere, taskset -cap LIST PID"
                        + (free.isEmpty() ? "" : ", or the cores: --cores " + free));
    }

    private boolean isChosen(CpuSet mask) {
        return mask.intersects(cores)
                && !mask.containsAll(machine.allowed().minus(machine.isolated()))
                && !mask.containsAll(machine.online().minus(machine.isolated()));
    }

    private static CpuSet all(Map<String, CpuSet> pinned) {
        return pinned.values().stream().reduce(CpuSet.empty(), CpuSet::union);
    }

    /** Threads of this process, which as yet has only the JVM's own and the one that runs this. */
    private Check jvmThreads() {
        List<String> names = new ArrayList<>();
        String launcher = name(root.resolve("proc/self"));
        for (Path thread : numbered(root.resolve("proc/self/task"))) {
            CpuSet mask = mask(thread);
            String name = name(thread);
            if (mask != null && mask.intersects(cores) && !name.equals(launcher)) {
                names.add(name);
            }
        }
        String found = names.size() + " threads of the JVM itself may run on the cores: " + listed(names);
        CpuSet free = machine.allowed().minus(cores).minus(machine.isolated());
        if (names.isEmpty()) {
            return Check.ok("jvm", "no thread of the JVM itself may run on the cores");
        }
        return free.isEmpty()
                ? Check.ok("jvm", found + ". The cores are all that this process may use")
                : Check.warn(
                        "jvm",
                        found,
                        "CoreManager.builder().housekeeping(CpuSet.parse(\"" + free + "\")) moves them to "
                                + cpus(free));
    }

    private static @Nullable CpuSet mask(Path thread) {
        for (String line : lines(thread.resolve("status"))) {
            if (line.startsWith(MASK)) {
                return parse(line.substring(MASK.length()));
            }
        }
        return null;
    }

    private static boolean isKernelThread(Path thread) {
        for (String line : lines(thread.resolve("stat"))) {
            String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
            try {
                return fields.length > 6 && (Long.parseLong(fields[6]) & KERNEL_THREAD) != 0;
            } catch (NumberFormatException e) {
                return false;
            }
        }
        return true; // it has ended
    }

    private static String name(Path processOrThread) {
        return String.join("", lines(processOrThread.resolve("comm")));
    }

    private static @Nullable CpuSet parse(String list) {
        try {
            return CpuSet.parse(list);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static List<Path> numbered(Path directory) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "[0-9]*")) {
            entries.forEach(found::add);
        } catch (IOException | DirectoryIteratorException endedOrHidden) {
            // What is not to be seen is not counted.
        }
        return found;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        } catch (IOException absent) {
            return List.of();
        }
    }
}
