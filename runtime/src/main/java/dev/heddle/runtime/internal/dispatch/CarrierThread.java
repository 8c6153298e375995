package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.internal.jdk.JdkThreads;
import java.lang.System.Logger.Level;

/** A platform thread that is pinned to one CPU and runs the continuations of the core it owns: the dispatch loop. */
public final class CarrierThread extends Thread {
    private final VirtualCoreContext core;

    CarrierThread(VirtualCoreContext core) {
        super(null, null, core.settings().name() + "-core-" + core.cpu(), 0, false);
        this.core = core;
        setDaemon(true);
        // Whoever starts the carrier, its class loader must not be kept alive by it.
        setContextClassLoader(ClassLoader.getSystemClassLoader());
    }

    /** The core that this carrier serves. */
    public CoreContext core() {
        return core;
    }

    @Override
    public void run() {
        try {
            JdkThreads.widen();
            JdkThreads.primeTimer();
            core.settings().pinning().pinTo(core.cpu()); // INV-1, before the first poll
        } catch (Throwable t) {
            core.carrierFailed(t);
            return;
        }
        core.carrierReady(this);
        Runnable continuation;
        while ((continuation = core.next()) != null) {
            try {
                continuation.run();
            } catch (Throwable t) {
                // INV-8. Tasks catch their own; this came from a handler of uncaught exceptions, or from the JDK.
                report(t);
            }
        }
    }

    private void report(Throwable thrown) {
        try {
            System.getLogger(CarrierThread.class.getName())
                    .log(Level.ERROR, "a continuation on " + core + " threw; the carrier goes on", thrown);
        } catch (Throwable outOfMemory) {
            // There is nothing left to say it with.
        }
    }
}
