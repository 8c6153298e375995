package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;

/**
 * The CPUs that a cgroup lets this process use.
 *
 * @param cgroup the cgroup whose file says so: the process's own, or the nearest one around it that has the controller
 * @param cpus the CPUs, offline ones among them where the kernel lists those
 */
public record CpusetLimit(String cgroup, CpuSet cpus) {}
