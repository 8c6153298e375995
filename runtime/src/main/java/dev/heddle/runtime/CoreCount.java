package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;
import java.util.function.Function;

/** Reads how many cores, or which, a manager is to serve: the form of {@value CoreManagerBuilder#CORES_VARIABLE}. */
final class CoreCount {
    private CoreCount() {}

    /**
     * Reads a count or a placement. A number by itself is a count, as it is for Go's {@code GOMAXPROCS}: {@code 4} stands for the
     * first four of those to choose among. Everything else is a {@linkplain Placement#parse placement}: {@code 0-3,8};
     * {@code 4-4} for CPU 4 alone; {@code node:1/spread:4}.
     *
     * @param text what to read
     * @param among those that a count chooses from
     * @param resolver turns a placement into CPUs
     * @return the CPUs
     * @throws IllegalArgumentException if it is neither, or one that cannot be met
     */
    static CpuSet parse(String text, CpuSet among, Function<Placement, CpuSet> resolver) {
        String trimmed = text.strip();
        if (!trimmed.isEmpty() && trimmed.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return first(trimmed, among);
        }
        Placement placement;
        try {
            placement = Placement.parse(trimmed);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    CoreManagerBuilder.CORES_VARIABLE + "='" + text + "' is neither a count of cores nor a placement: "
                            + e.getMessage(),
                    e);
        }
        try {
            return resolver.apply(placement);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    CoreManagerBuilder.CORES_VARIABLE + "='" + text + "': " + e.getMessage(), e);
        }
    }

    private static CpuSet first(String digits, CpuSet among) {
        int count;
        try {
            count = Integer.parseInt(digits);
        } catch (NumberFormatException tooLong) {
            count = Integer.MAX_VALUE;
        }
        if (count < 1 || count > among.size()) {
            throw new IllegalArgumentException(CoreManagerBuilder.CORES_VARIABLE + "='" + digits + "' asks for "
                    + digits + " cores: this process may use " + among.size() + ", which are " + among);
        }
        return CpuSet.of(among.stream().limit(count).toArray());
    }
}
