package dev.heddle.runtime.internal.dispatch;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Looks at the cores in the monitor's stead, on the CPU of an owner that spins: whether each has got on since the last look. While
 * that is so the monitor may nap.
 */
final class StandIn {
    /*
     * Why. Where every CPU has a core, a round of the monitor takes some carrier's CPU away for 10 to 20 us, most of that for the
     * two switches. An owner that spins has nothing to do.
     *
     * It decides nothing, and touches nothing of the monitor's. What comes of a look is that it is trusted for a while, or a call. So
     * nobody waits for an owner that finds work, stops or loses its CPU, not even in the middle of a look: the last one is
     * trusted no longer soon, and the monitor, whose naps are short, looks itself. That a core has got on since a look of long ago, or
     * of other cores, says nothing, and is not trusted.
     *
     * A core that has not got on is seen to: who looks ends the trust and then calls, which ends a nap; the monitor announces that it
     * naps, and then asks whether it may. All four are volatile.
     */
    static final long PAUSE_NANOS = Monitor.LONG_ROUND_NANOS;

    /** While an owner looks no other one does. */
    private static final long NEVER = Long.MAX_VALUE / 2;

    private final Supplier<VirtualCoreContext[]> present;
    private final Runnable call;

    /** When to look again. Who moves it to {@link #NEVER}, and back, has what is below. */
    private final AtomicLong due;

    private volatile long trustedUntil;

    private VirtualCoreContext[] cores = {};

    /** How many tasks each of them had dispatched at the last look. */
    private long[] dispatches = {};

    /**
     * Makes one.
     *
     * @param now {@link System#nanoTime()}
     * @param present gives the cores to look at
     * @param call is run when a core is in the same task as at the last look; by the owner that has found it so
     */
    StandIn(long now, Supplier<VirtualCoreContext[]> present, Runnable call) {
        this.due = new AtomicLong(now);
        this.trustedUntil = now;
        this.present = present;
        this.call = call;
    }

    /**
     * An owner that has nothing to do: looks, if it is time and nobody does.
     *
     * @param now {@link System#nanoTime()}
     */
    void lookIfDue(long now) {
        long since = due.get();
        if (now - since < 0 || !due.compareAndSet(since, now + NEVER)) {
            return;
        }
        try {
            boolean isRecent = now - since < PAUSE_NANOS;
            boolean isFirst = updateCores();
            boolean all = allHaveGotOn();
            trustedUntil = all && isRecent && !isFirst ? now + PAUSE_NANOS : now;
            if (!all) {
                call.run();
            }
        } finally {
            due.set(now + PAUSE_NANOS);
        }
    }

    /** Returns whether the cores are other ones than at the last look. */
    private boolean updateCores() {
        VirtualCoreContext[] now = present.get();
        if (Arrays.equals(now, cores)) {
            return false;
        }
        dispatches = new long[now.length];
        Arrays.fill(dispatches, -1);
        cores = now;
        return true;
    }

    private boolean allHaveGotOn() {
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
