package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.NestedSets.Level;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads {@code /sys/devices/system/cpu}: which CPUs there are, and what they share. */
final class CpuReader {
    private static final String CPUS = "sys/devices/system/cpu";

    /** Caches of one CPU that are looked at, as {@code cache/index0} and so on. */
    private static final int MOST_CACHES = 10;

    /** AMD's Bulldozer and its heirs: the two CPUs of a module share less than siblings do. */
    private static final Pattern SEPARATE_CORES = Pattern.compile("^cpu family\\s*:\\s*(21|22)$", Pattern.MULTILINE);

    private static final Pattern AMD = Pattern.compile("^vendor_id\\s*:\\s*AuthenticAMD$", Pattern.MULTILINE);

    private final SysTree tree;
    private final List<Integer> numbers;
    private final CpuSet present;
    private final CpuSet online;

    /** The kernel has renamed what siblings are; a machine has one or the other. */
    private final String coreFile;

    private final String packageFile;

    CpuReader(SysTree tree) {
        this.tree = tree;
        this.numbers = tree.numberedDirectories(CPUS, "cpu").stream()
                .filter(cpu -> cpu <= CpuSet.MAX_CPU)
                .toList();
        this.present = CpuSet.of(numbers);
        this.online = readOnline();
        int example = online.isEmpty() ? 0 : online.first();
        this.coreFile = has(example, "core_cpus") ? "core_cpus" : "thread_siblings";
        this.packageFile = has(example, "package_cpus") ? "package_cpus" : "core_siblings";
    }

    /** Those that the machine has. */
    CpuSet present() {
        return present;
    }

    /** Those of them that run. */
    CpuSet online() {
        return online;
    }

    /** Those that the kernel was booted to leave alone. */
    CpuSet isolated() {
        return orEmpty(tree.list(CPUS + "/isolated"));
    }

    /** Those that the kernel was booted to leave without a timer tick while they run one thread. */
    CpuSet nohzFull() {
        return orEmpty(tree.list(CPUS + "/nohz_full"));
    }

    private static CpuSet orEmpty(@Nullable CpuSet cpus) {
        return cpus == null ? CpuSet.empty() : cpus;
    }

    private CpuSet readOnline() {
        CpuSet listed = tree.list(CPUS + "/online");
        BitSet found = new BitSet();
        for (int cpu : numbers) {
            boolean claimed =
                    listed != null ? listed.contains(cpu) : !"0".equals(tree.word(directory(cpu) + "/online"));
            if (!claimed) {
                continue;
            }
            if (tree.isDirectory(directory(cpu) + "/topology")) {
                found.set(cpu);
            } else {
                tree.report(directory(cpu) + "/topology", "is missing for a CPU that is online: taken for offline");
            }
        }
        return CpuSet.copyOf(found);
    }

    private static String directory(int cpu) {
        return CPUS + "/cpu" + cpu;
    }

    private boolean has(int cpu, String file) {
        return tree.text(directory(cpu) + "/topology/" + file) != null;
    }

    private @Nullable CpuSet topology(int cpu, String file) {
        CpuSet cpus = tree.mask(directory(cpu) + "/topology/" + file, directory(cpu) + "/topology/" + file + "_list");
        return cpus == null ? null : cpus.intersection(online);
    }

    /**
     * Puts in what the CPUs form. A set is told of by its lowest CPU: what the others say of it is not asked. Where CPUs
     * form something, the first of them speaks of what that is inside of.
     */
    void readInto(NestedSets sets) {
        Map<Integer, CpuSet> cores = readCores();
        for (int cpu : online) {
            CpuSet core = cores.get(cpu);
            boolean isFirst = core == null || isFirst(core, cpu);
            if (core != null && isFirst) {
                insert(sets, Level.CORE, core, cpu);
            }
            CpuSet cluster = isFirst ? several(topology(cpu, "cluster_cpus")) : null;
            isFirst &= cluster == null || isFirst(cluster, cpu);
            CpuSet die = isFirst ? several(topology(cpu, "die_cpus")) : null;
            isFirst &= die == null || isFirst(die, cpu);
            CpuSet whole = isFirst ? topology(cpu, packageFile) : null;
            insertIfFirst(sets, Level.PACKAGE, whole, cpu);
            insertIfFirst(sets, Level.CLUSTER, cluster, cpu);
            insertIfFirst(sets, Level.DIE, die, cpu);
            if (isFirst) {
                insertIfFirst(sets, Level.BOOK, topology(cpu, "book_siblings"), cpu);
                insertIfFirst(sets, Level.DRAWER, topology(cpu, "drawer_siblings"), cpu);
            }
            insert(sets, Level.CPU, CpuSet.of(cpu), cpu);
            readCaches(sets, cpu, core);
        }
    }

    /** What each CPU says its physical core is. */
    private Map<Integer, CpuSet> readCores() {
        Map<Integer, CpuSet> cores = new HashMap<>();
        Boolean separate = null;
        for (int cpu : online) {
            CpuSet core = topology(cpu, coreFile);
            if (core == null) {
                continue;
            }
            if (core.size() > 1 && separate == null) {
                separate = haveDifferentCoreIds(core, cpu) && areSeparateCores();
            }
            cores.put(cpu, Boolean.TRUE.equals(separate) ? CpuSet.of(cpu) : core);
        }
        return cores;
    }

    private boolean haveDifferentCoreIds(CpuSet core, int cpu) {
        int sibling = isFirst(core, cpu) ? core.minus(CpuSet.of(cpu)).first() : core.first();
        String mine = tree.word(directory(cpu) + "/topology/core_id");
        String other = tree.word(directory(sibling) + "/topology/core_id");
        return mine != null && other != null && !mine.equals(other);
    }

    private boolean areSeparateCores() {
        String info = tree.text("proc/cpuinfo");
        if (info == null) {
            return false;
        }
        Matcher family = SEPARATE_CORES.matcher(info);
        return AMD.matcher(info).find() && family.find();
    }

    private void readCaches(NestedSets sets, int cpu, @Nullable CpuSet core) {
        for (int index = 0; index < MOST_CACHES; index++) {
            String cache = directory(cpu) + "/cache/index" + index;
            int level = tree.smallNumber(cache + "/level").orElse(0);
            if (level == 0 || "Instruction".equals(tree.word(cache + "/type"))) {
                continue;
            }
            CpuSet sharing = tree.mask(cache + "/shared_cpu_map", cache + "/shared_cpu_list");
            if (sharing == null) {
                continue;
            }
            CpuSet known = sharing.isEmpty() && core != null ? core : sharing.intersection(online);
            Level what = switch (level) {
                case 2 -> Level.L2;
                case 3 -> Level.L3;
                default -> Level.OTHER_CACHE;
            };
            insertIfFirst(sets, what, known, cpu);
        }
    }

    private static boolean isFirst(CpuSet cpus, int cpu) {
        return !cpus.isEmpty() && cpus.first() == cpu;
    }

    private static @Nullable CpuSet several(@Nullable CpuSet cpus) {
        return cpus == null || cpus.size() < 2 ? null : cpus;
    }

    private void insertIfFirst(NestedSets sets, Level level, @Nullable CpuSet cpus, int cpu) {
        if (cpus != null && isFirst(cpus, cpu)) {
            insert(sets, level, cpus, cpu);
        }
    }

    private void insert(NestedSets sets, Level level, CpuSet cpus, int cpu) {
        if (sets.insert(level, cpus) == null) {
            tree.report(
                    directory(cpu),
                    "its " + level + ", CPUs " + cpus
                            + ", crosses another set, or is inside one of its kind: left out");
        }
    }
}
