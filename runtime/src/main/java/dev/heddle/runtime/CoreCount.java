package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;

/** Reads how many cores, or which, a manager is to serve: the form of {@value CoreManager.Builder#CORES_VARIABLE}. */
final class CoreCount {
    private CoreCount() {}

    /**
     * Reads a count or a list. A number by itself is a count, as it is for Go's {@code GOMAXPROCS}: {@code 4} stands for the
     * first four of those to choose among. Everything else is a list as in {@link CpuSet#parse}: {@code 0-3,8}; {@code 4-4}
     * for CPU 4 alone.
     *
     * @param text what to read
     * @param among those that a count chooses from
     * @return the CPUs
     * @throws IllegalArgumentException if it is neither, or a count that cannot be met
     */
    static CpuSet parse(String text, CpuSet among) {
        String trimmed = text.strip();
        if (!trimmed.isEmpty() && trimmed.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return first(trimmed, among);
        }
        try {
            CpuSet list = CpuSet.parse(trimmed);
            if (!list.isEmpty()) {
                return list;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    CoreManager.Builder.CORES_VARIABLE + "='" + text
                            + "' is neither a count of cores nor a list of CPUs: " + e.getMessage(),
                    e);
        }
        throw new IllegalArgumentException(
                CoreManager.Builder.CORES_VARIABLE + "='" + text + "' names no core: give a count or a list of CPUs");
    }

    private static CpuSet first(String digits, CpuSet among) {
        int count;
        try {
            count = Integer.parseInt(digits);
        } catch (NumberFormatException tooLong) {
            count = Integer.MAX_VALUE;
        }
        if (count < 1 || count > among.size()) {
            throw new IllegalArgumentException(CoreManager.Builder.CORES_VARIABLE + "='" + digits + "' asks for "
                    + digits + " cores: this process may use " + among.size() + ", which are " + among);
        }
        return CpuSet.of(among.stream().limit(count).toArray());
    }
}
