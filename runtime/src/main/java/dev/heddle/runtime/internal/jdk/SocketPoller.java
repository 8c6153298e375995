package dev.heddle.runtime.internal.jdk;

import java.io.IOException;

/** One of the JDK's socket pollers, to be asked in its stead while its continuation waits. */
@FunctionalInterface
public interface SocketPoller {
    /**
     * Asks the kernel which sockets are ready, without waiting for any, and wakes who waits for them: their schedulers are called. Not by
     * two threads at once, nor while the poller's continuation runs.
     *
     * @return how many there were
     */
    int poll() throws IOException;
}
