package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads what the cgroups that this process is in, of either version, let it use. */
final class CgroupReader {
    private static final Pattern ESCAPED = Pattern.compile("\\\\([0-7]{3})");
    private static final String NO_LIMIT = "max";

    /** A line of {@code /proc/mounts}. */
    private record Mount(String directory, String type, List<String> options) {
        boolean isUnified() {
            return type.equals("cgroup2");
        }

        boolean hasOption(String option) {
            return options.contains(option);
        }
    }

    private final SysTree tree;
    private final List<Mount> mounts;

    CgroupReader(SysTree tree) {
        this.tree = tree;
        this.mounts = tree.lines("proc/mounts").stream()
                .map(line -> line.split(" ", -1))
                .filter(fields -> fields.length >= 4)
                .map(fields -> new Mount(unescape(fields[1]), fields[2], Arrays.asList(fields[3].split(",", -1))))
                .toList();
    }

    /** The CPUs that the process's cgroup may use. */
    Optional<CpusetLimit> cpuset() {
        // The same hierarchy may be mounted twice, from different roots: the one that shows more of the limit counts.
        CpusetLimit tightest = null;
        String name = cpusetName();
        for (Mount mount : mounts) {
            String file = cpusetFile(mount);
            CpusetLimit limit = file == null || name == null ? null : nearest(mount, name, file);
            if (limit != null
                    && (tightest == null
                            || limit.cpus().size() < tightest.cpus().size())) {
                tightest = limit;
            }
        }
        return Optional.ofNullable(tightest);
    }

    /** The file that lists the CPUs of a cgroup below this mount; null if it has no such file. */
    private @Nullable String cpusetFile(Mount mount) {
        if (mount.isUnified()) {
            String controllers = tree.word(relative(mount.directory) + "/cgroup.controllers");
            boolean has = controllers != null
                    && Arrays.asList(controllers.split(" ", -1)).contains("cpuset");
            return has ? "cpuset.cpus.effective" : null;
        }
        boolean legacy = mount.type.equals("cgroup") && mount.hasOption("cpuset");
        if (mount.type.equals("cpuset") || (legacy && mount.hasOption("noprefix"))) {
            return "cpus";
        }
        return legacy ? "cpuset.cpus" : null;
    }

    private @Nullable String cpusetName() {
        String name = tree.word("proc/self/cpuset");
        return name != null && !name.isEmpty() ? name : name(controllers -> controllers.equals("cpuset"), true);
    }

    /** The name of the process's cgroup in the first hierarchy that matches. */
    private @Nullable String name(Predicate<String> controllers, boolean unifiedToo) {
        for (String line : tree.lines("proc/self/cgroup")) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3 && (controllers.test(fields[1]) || (unifiedToo && fields[1].isEmpty()))) {
                return fields[2];
            }
        }
        return null;
    }

    /** What the cgroup's file lists, or else that of the nearest one around it that has the file. */
    private @Nullable CpusetLimit nearest(Mount mount, String name, String file) {
        for (String cgroup : upwards(name)) {
            CpuSet cpus = tree.list(path(mount, cgroup, file));
            if (cpus != null && !cpus.isEmpty()) {
                return new CpusetLimit(cgroup, cpus);
            }
        }
        return null;
    }

    /** The tightest limit on CPU time, of the process's cgroup and those around it. */
    Optional<CpuQuota> quota() {
        List<CpuQuota> found = new ArrayList<>();
        for (Mount mount : mounts) {
            boolean legacy = mount.type.equals("cgroup") && mount.hasOption("cpu");
            String name = mount.isUnified()
                    ? name(String::isEmpty, true)
                    : legacy
                            ? name(
                                    controllers -> Arrays.asList(controllers.split(",", -1))
                                            .contains("cpu"),
                                    false)
                            : null;
            if (name == null) {
                continue;
            }
            for (String cgroup : upwards(name)) {
                CpuQuota quota = legacy ? legacyQuota(mount, cgroup) : unifiedQuota(mount, cgroup);
                if (quota != null) {
                    found.add(quota);
                }
            }
        }
        return found.stream().min((a, b) -> Double.compare(a.cpus(), b.cpus()));
    }

    private @Nullable CpuQuota unifiedQuota(Mount mount, String cgroup) {
        String path = path(mount, cgroup, "cpu.max");
        String word = tree.word(path);
        if (word == null || word.startsWith(NO_LIMIT)) {
            return null;
        }
        int blank = word.indexOf(' ');
        try {
            long quota = Long.parseLong(word.substring(0, Math.max(0, blank)));
            long period = Long.parseLong(word.substring(blank + 1));
            if (quota > 0 && period > 0) {
                return new CpuQuota(cgroup, quota, period);
            }
        } catch (NumberFormatException e) {
            // said below
        }
        tree.report(path, "expected a quota and a period in microseconds, found '" + word + "'");
        return null;
    }

    private @Nullable CpuQuota legacyQuota(Mount mount, String cgroup) {
        String quotaPath = path(mount, cgroup, "cpu.cfs_quota_us");
        if ("-1".equals(tree.word(quotaPath))) {
            return null;
        }
        OptionalLong quota = tree.number(quotaPath);
        OptionalLong period = tree.number(path(mount, cgroup, "cpu.cfs_period_us"));
        return quota.orElse(0) > 0 && period.orElse(0) > 0
                ? new CpuQuota(cgroup, quota.getAsLong(), period.getAsLong())
                : null;
    }

    /** The cgroup, the one around it, and so on up to the root of what is mounted. */
    private static List<String> upwards(String name) {
        List<String> names = new ArrayList<>();
        // Seen from inside a cgroup namespace, those outside of it begin with "..": they are not mounted here.
        String at = name.startsWith("/") && !name.contains("/..") ? name : "/";
        while (at.length() > 1) {
            names.add(at);
            at = at.substring(0, Math.max(1, at.lastIndexOf('/')));
        }
        names.add("/");
        return names;
    }

    private static String path(Mount mount, String cgroup, String file) {
        return relative(mount.directory) + (cgroup.equals("/") ? "" : cgroup) + "/" + file;
    }

    private static String relative(String absolute) {
        int start = 0;
        while (start < absolute.length() && absolute.charAt(start) == '/') {
            start++;
        }
        return absolute.substring(start);
    }

    /** Blanks in a path are written as octal numbers. */
    private static String unescape(String field) {
        return ESCAPED.matcher(field)
                .replaceAll(
                        octal -> Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(octal.group(1), 8))));
    }
}
