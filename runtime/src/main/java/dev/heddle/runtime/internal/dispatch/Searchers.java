package dev.heddle.runtime.internal.dispatch;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * How many cores search for work, and how many rest: what decides whether somebody must be woken for work that any core may
 * run. Go's {@code sched.nmspinning} and {@code npidle}.
 */
public final class Searchers {
    /*
     * No lost wake-up (INV-5). A publisher puts its work where others find it, and then looks: is somebody searching, does
     * somebody rest? It appoints one only if nobody searches. So whoever stops searching says so first (stop) and looks at
     * every queue again after that; whoever rests announces it and counts itself (rested), and then looks at every queue
     * again. All of these are volatile, so that in their one order either the publisher's look comes later, and it sees that
     * nobody searches or that somebody rests, or the other one's look comes later, and it sees the work.
     *
     * No thundering herd. Only the step from 0 to 1 appoints, so that publishers at the same time wake one core. That one,
     * when it has found work and was the last who searched, wakes the next one if there is more. And a core that has
     * run out of work searches only while less than half of the busy cores do.
     */
    private static final VarHandle SEARCHING =
            fieldVarHandle(MethodHandles.lookup(), "searching", VarHandle.class, Searchers.class, int.class);
    private static final VarHandle RESTING =
            fieldVarHandle(MethodHandles.lookup(), "resting", VarHandle.class, Searchers.class, int.class);

    private volatile int searching;
    private volatile int resting;

    /** Nobody searches and nobody rests. */
    public Searchers() {}

    /** A core that has run out of work: whether it may search. It must {@link #stop()}. */
    public boolean tryStart(int cores) {
        int seen = searching;
        return 2 * seen < cores - resting && SEARCHING.compareAndSet(this, seen, seen + 1);
    }

    /** One who searched does no longer. Returns whether it was the last one: it must look again, or have found something. */
    public boolean stop() {
        return (int) SEARCHING.getAndAdd(this, -1) == 1;
    }

    /** Publisher: whether it is to wake a core, which is counted as searching from now on. */
    public boolean tryAppoint() {
        return resting > 0 && searching == 0 && SEARCHING.compareAndSet(this, 0, 1);
    }

    /** A core has announced its rest. It must look again. */
    public void rested() {
        RESTING.getAndAdd(this, 1);
    }

    /** Somebody has ended a rest that was counted. */
    public void roused() {
        RESTING.getAndAdd(this, -1);
    }

    /** How many search. */
    public int searching() {
        return searching;
    }

    /** How many rest. For a moment one too few, while a core that has announced its rest is woken before it has counted. */
    public int resting() {
        return resting;
    }
}
