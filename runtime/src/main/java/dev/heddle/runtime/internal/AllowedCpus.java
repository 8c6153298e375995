package dev.heddle.runtime.internal;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;

/** The CPUs that this process may use, and what a user is told who asks for others. */
public final class AllowedCpus {
    private static final Path PRESENT = Path.of("/sys/devices/system/cpu/present");
    private static final Path ISOLATED = Path.of("/sys/devices/system/cpu/isolated");
    private static final Path CGROUP = Path.of("/proc/self/cgroup");
    private static final String UNIFIED = "0::";

    private AllowedCpus() {}

    /** The CPUs that the process was started with: where it runs unless it asks for others. */
    public static CpuSet ofProcess() {
        return ThreadAffinity.ofProcess();
    }

    /** Those, and the ones the kernel was booted to keep free, which a process has to ask for. */
    public static CpuSet choosable() {
        return ofProcess().union(isolated());
    }

    /** Throws if a CPU is among those asked for that this process may not use. */
    public static void requireAllowed(CpuSet asked) {
        CpuSet allowed = choosable();
        CpuSet missing = asked.minus(allowed);
        CpuSet absent = missing.minus(present());
        if (!absent.isEmpty()) {
            throw new IllegalArgumentException("the machine has no " + (absent.size() == 1 ? "CPU " : "CPUs ") + absent
                    + "; this process may use " + allowed + ". Choose among them");
        }
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException(
                    (missing.size() == 1 ? "core " + missing + " is" : "cores " + missing + " are")
                            + " not allowed here: this process may use " + allowed + cgroup()
                            + ". Choose among them, or widen the affinity mask or cpuset it is started with");
        }
    }

    /** The CPUs that the machine has; all, where it does not say. */
    private static CpuSet present() {
        try {
            return CpuSet.parse(Files.readString(PRESENT));
        } catch (IOException | IllegalArgumentException unreadable) {
            return CpuSet.range(0, CpuSet.MAX_CPU);
        }
    }

    /** The isolated CPUs that the cpuset lets this process have: which those are, only trying tells. */
    private static CpuSet isolated() {
        CpuSet isolated;
        try {
            isolated = CpuSet.parse(Files.readString(ISOLATED));
        } catch (IOException | IllegalArgumentException unreadable) {
            return CpuSet.empty(); // a system without the file isolates none
        }
        if (isolated.isEmpty()) {
            return isolated;
        }
        try {
            return JdkThreads.callUnpinned(
                    "heddle-isolated-probe",
                    () -> CpuSet.of(
                            isolated.stream().filter(AllowedCpus::canBePinnedTo).toArray()));
        } catch (ExecutionException e) {
            return CpuSet.empty();
        }
    }

    private static boolean canBePinnedTo(int cpu) {
        try {
            ThreadAffinity.set(CpuSet.of(cpu));
            return true;
        } catch (NativeCallException refused) {
            return false;
        }
    }

    /** The cgroup, which may have set the limit, for the message. */
    private static String cgroup() {
        try {
            for (String line : Files.readAllLines(CGROUP)) {
                if (line.startsWith(UNIFIED) && line.length() > UNIFIED.length() + 1) {
                    return " (cgroup " + line.substring(UNIFIED.length()) + ")";
                }
            }
        } catch (IOException hidden) {
            // The message does without it.
        }
        return "";
    }
}
