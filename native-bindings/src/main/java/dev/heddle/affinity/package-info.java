/**
 * CPU sets and the affinity of Linux threads.
 *
 * <pre>
 *   CpuSet ------------- which CPUs: a value
 *      |
 *   ThreadAffinity ----- get, set and read back the mask of a thread; the CPU it is on now
 *      |
 *   generated bindings - pthread_setaffinity_np, sched_getcpu, ... (jextract, not exported)
 * </pre>
 *
 * <p>A CPU is named by its Linux logical number, the one {@code sched_getcpu} returns and {@code taskset} takes.
 *
 * <p><b>Memory consistency.</b> Affinity is a property of a kernel thread, not of Java memory: setting it orders
 * nothing between threads. When {@link dev.heddle.affinity.ThreadAffinity#set(CpuSet)} returns, the calling thread
 * is already on one of the CPUs it asked for.
 */
@NullMarked
package dev.heddle.affinity;

import org.jspecify.annotations.NullMarked;
