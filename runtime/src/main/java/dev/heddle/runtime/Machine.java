package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The machine that this program runs on: read when it is first needed, and once. Not for use by several threads at once. */
final class Machine {
    private @Nullable CpuTopology topology;
    private boolean isHidden;

    /** Returns it; null where {@code /sys} is not to be read, for who can do without. */
    @Nullable
    CpuTopology orNull() {
        if (topology == null && !isHidden) {
            try {
                topology = CpuTopology.read();
            } catch (IOException hidden) {
                isHidden = true;
            }
        }
        return topology;
    }

    /** Chooses from it; CPUs that are only named by their numbers need not be looked up. */
    CpuSet resolve(Placement placement) {
        CpuSet named = placement.named();
        return named.isEmpty() || orNull() != null ? placement.resolve(get()) : named;
    }

    private CpuTopology get() {
        CpuTopology known = orNull();
        if (known == null) {
            throw new IllegalArgumentException("a placement needs to know the machine, and there is no readable"
                    + " /sys/devices/system/cpu. Mount /sys, or name the CPUs by their numbers with cores(CpuSet)");
        }
        return known;
    }
}
