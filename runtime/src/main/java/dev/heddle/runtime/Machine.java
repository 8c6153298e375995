package dev.heddle.runtime;

import dev.heddle.topology.CpuTopology;
import java.io.IOException;

/** The machine that this program runs on. */
final class Machine {
    private Machine() {}

    /** Reads it, for who cannot do without. */
    static CpuTopology read() {
        try {
            return CpuTopology.read();
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "a placement needs to know the machine, and that cannot be read: " + e.getMessage()
                            + ". Mount /sys, or name the CPUs by their numbers with cores(CpuSet)",
                    e);
        }
    }
}
