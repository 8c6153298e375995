/**
 * The machine, as Linux describes it: which CPUs there are, what they share, which of them this process may use.
 *
 * <pre>
 *   machine
 *     package            a processor, in its socket
 *       die, cluster     where the firmware tells of them
 *         NUMA node      memory that its CPUs reach fastest
 *           L3 group     CPUs with a third-level cache in common
 *             physical core
 *               CPU      what the kernel schedules threads on; two or more in a core with SMT
 * </pre>
 *
 * <p>The words are hwloc's, and the order above is the usual one, not a promise: some packages have several NUMA nodes, some
 * nodes several packages.
 *
 * <p>All types are immutable values. What is read is so at the time of reading: CPUs go offline, cpusets shrink.
 */
@NullMarked
package dev.heddle.topology;

import org.jspecify.annotations.NullMarked;
