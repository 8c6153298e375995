package dev.heddle.topology;

/**
 * A limit on CPU time: the tightest of those that this process's cgroup and the ones around it set. All threads together
 * may use {@code quotaMicros} in each period, whatever cores they are on; then all of them wait for the next one.
 *
 * @param cgroup the cgroup that sets it
 * @param quotaMicros microseconds of CPU time in each period
 * @param periodMicros the period's length in microseconds
 */
public record CpuQuota(String cgroup, long quotaMicros, long periodMicros) {
    /**
     * Returns how many CPUs can be busy all the time.
     *
     * @return their number, mostly no whole one
     */
    public double cpus() {
        return (double) quotaMicros / periodMicros;
    }
}
