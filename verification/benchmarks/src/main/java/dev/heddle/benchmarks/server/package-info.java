/** A server with blocking sockets and what drives it, each a process of its own, so that neither runs on the other's CPUs. */
@NullMarked
package dev.heddle.benchmarks.server;

import org.jspecify.annotations.NullMarked;
