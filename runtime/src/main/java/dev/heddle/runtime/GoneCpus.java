package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Removes cores whose CPUs are gone: on a thread of its own, for the monitor must not be held up and a removal may take long;
 * one at a time, for the monitor tells again in each second.
 */
final class GoneCpus {
    private final CoreManager manager;
    private final ResizePolicy policy;

    /** A thread is about to remove some. */
    private final AtomicBoolean removing = new AtomicBoolean();

    /** What was last logged: the same is not logged twice. Written by one remover after the other. */
    private volatile String lastOutcome = "";

    GoneCpus(CoreManager manager, ResizePolicy policy) {
        this.manager = manager;
        this.policy = policy;
    }

    /** By the monitor: these CPUs of present cores are not to be had. */
    void tell(CpuSet gone) {
        if (!removing.compareAndSet(false, true)) {
            return;
        }
        boolean started = false;
        try {
            Thread.ofPlatform()
                    .name(manager.name() + "-resizer")
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .start(() -> {
                        try {
                            remove(gone);
                        } finally {
                            removing.set(false);
                        }
                    });
            started = true;
        } finally {
            if (!started) {
                removing.set(false);
            }
        }
    }

    private void remove(CpuSet told) {
        String outcome;
        try {
            CpuSet removed = manager.removeGone(told, policy);
            if (removed.isEmpty()) {
                return;
            }
            outcome = removed.equals(manager.cores())
                    ? "no core of manager '" + manager.name()
                            + "' has its CPU any longer: its tasks run wherever the kernel"
                            + " lets them, until one is back or resize() gives it others"
                    : named(removed) + " of manager '" + manager.name()
                            + "' removed, for no such CPU is to be had (ResizePolicy."
                            + policy + "). It goes on with " + named(manager.cores())
                            + "; resize() takes in others, or the same when they are back";
        } catch (IllegalStateException | IllegalArgumentException refused) {
            if (manager.isShutdown()) {
                return; // that has come in between
            }
            outcome = "CPU " + told + " is gone, and the manager keeps what it had there: " + refused.getMessage();
        }
        if (!outcome.equals(lastOutcome)) {
            lastOutcome = outcome;
            System.getLogger(CoreManager.class.getName()).log(Level.ERROR, outcome);
        }
    }

    private static String named(CpuSet cores) {
        return (cores.size() == 1 ? "core " : "cores ") + cores;
    }
}
