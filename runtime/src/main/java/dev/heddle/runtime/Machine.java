package dev.heddle.runtime;

import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The machine that this program runs on. */
final class Machine {
    private Machine() {}

    /** Reads it; null where {@code /sys} is not to be read, for who can do without. */
    static @Nullable CpuTopology readIfThere() {
        try {
            return CpuTopology.read();
        } catch (IOException hidden) {
            return null;
        }
    }

    /** For who cannot do without. */
    static CpuTopology require(@Nullable CpuTopology machine) {
        if (machine == null) {
            throw new IllegalArgumentException("a placement needs to know the machine, and there is no readable"
                    + " /sys/devices/system/cpu. Mount /sys, or name the CPUs by their numbers with cores(CpuSet)");
        }
        return machine;
    }
}
