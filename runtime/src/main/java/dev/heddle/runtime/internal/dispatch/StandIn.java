package dev.heddle.runtime.internal.dispatch;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Looks at the cores in the monitor's stead, on the CPU of an owner that spins: whether each has got on since the last look. While
 * all have, the monitor may nap.
 */
final class StandIn {
    /*
     * Why. Where every CPU has a core, a round of the monitor takes some carrier's CPU away for 10 to 20 us, most of that for the
     * two switches. An owner that spins has nothing to do.
     *
     * It decides nothing, and touches nothing of the monitor's. What comes of a look is that it is trusted for a while, or a call. So
     * nobody waits for an owner that finds work, stops or loses its CPU, not even in the middle of a look: the last one is
     * trusted no longer soon, and the monitor, whose naps are short, looks itself. A call that comes just before a nap is lost;
     * the next look calls again.
     */
    static final long PAUSE_NANOS = Monitor.LONG_ROUND_NANOS;

    private final Supplier<VirtualCoreContext[]> present;
    private final Runnable call;

    /** When to look again. */
    private volatile long due = System.nanoTime();

    private volatile long trustedUntil = due;

    /** Guards what is below: who finds it set goes on spinning. */
    private final AtomicBoolean looking = new AtomicBoolean();

    private VirtualCoreContext[] seen = {};

    /** How many tasks each of them had dispatched at the last look. */
    private long[] dispatches = {};

    /**
     * Makes one.
     *
     * @param present gives the cores to look at
     * @param call is run when a core is in the same task as at the last look; by the owner that has found it so
     */
    StandIn(Supplier<VirtualCoreContext[]> present, Runnable call) {
        this.present = present;
        this.call = call;
    }

    /**
     * An owner that has nothing to do: looks, if it is time and nobody does.
     *
     * @param now {@link System#nanoTime()}
     */
    void lookIfDue(long now) {
        if (now - due < 0 || !looking.compareAndSet(false, true)) {
            return;
        }
        try {
            if (now - due >= 0) {
                due = now + PAUSE_NANOS;
                boolean all = allHaveGotOn();
                trustedUntil = all ? now + PAUSE_NANOS : now;
                if (!all) {
                    call.run();
                }
            }
        } finally {
            looking.set(false);
        }
    }

    private boolean allHaveGotOn() {
        VirtualCoreContext[] cores = present.get();
        if (!Arrays.equals(cores, seen)) {
            dispatches = new long[cores.length];
            Arrays.fill(dispatches, -1);
            seen = cores;
        }
        boolean all = true;
        for (int i = 0; i < cores.length; i++) {
            boolean runsTask = cores[i].runsTask(); // before the count is read, as in Monitor.look()
            long count = cores[i].counters().dispatches();
            all &= !runsTask || count != dispatches[i];
            dispatches[i] = count;
        }
        return all;
    }

    /** Monitor: whether owners look, and all cores get on. */
    boolean isTrusted(long now) {
        return now - trustedUntil < 0;
    }
}
