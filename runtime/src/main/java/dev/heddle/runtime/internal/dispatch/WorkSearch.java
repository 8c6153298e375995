package dev.heddle.runtime.internal.dispatch;

import org.jspecify.annotations.Nullable;

/** A core's search for work at the other cores, the nearest first. For its owner. */
final class WorkSearch {
    /** Passes over all other cores before a search is given up. */
    private static final int PASSES = 4;

    /** How long a thief lets a core run what it has just woken before it takes it away: some microseconds. */
    private static final int PATIENCE_SPINS = 64;

    private final Scheduler scheduler;
    private final VirtualCoreContext core;

    /** The others by their distance, the nearest first. Replaced as a whole when the cores change. */
    private volatile VirtualCoreContext[][] neighbours = {};

    /** Counts among the searchers. */
    private boolean searching;

    /** The state of a xorshift generator, never 0. */
    private int random;

    WorkSearch(Scheduler scheduler, VirtualCoreContext core) {
        this.scheduler = scheduler;
        this.core = core;
        this.random = core.cpu() + 1;
    }

    /** By who changes the cores. */
    void setNeighbours(VirtualCoreContext[][] nearestFirst) {
        neighbours = nearestFirst;
    }

    VirtualCoreContext[][] neighbours() {
        return neighbours;
    }

    /** Somebody has woken the core to search, and counted it. */
    void appointed() {
        searching = true;
    }

    /** Begins to search, unless enough others do. Returns whether it searches. */
    boolean tryStart() {
        if (!searching) {
            searching = neighbours.length != 0 && scheduler.searchers().tryStart(scheduler.cores().length);
        }
        return searching;
    }

    /** Has found work. The last who searched sees to it that another does, if there is more. */
    void succeed() {
        if (searching) {
            searching = false;
            if (scheduler.searchers().stop() && scheduler.hasWork()) {
                scheduler.wakeOne();
            }
        }
    }

    /** Gives up. Returns whether it has searched: then it must look at everything once more. */
    boolean giveUp() {
        boolean searched = searching;
        if (searched) {
            searching = false;
            scheduler.searchers().stop();
        }
        return searched;
    }

    /** Looks for work at the other cores, if it may. */
    @Nullable
    Runnable steal() {
        if (!tryStart()) {
            return null;
        }
        VirtualCoreContext[][] rings = neighbours;
        for (int pass = 1; pass <= PASSES; pass++) {
            for (VirtualCoreContext[] ring : rings) {
                Runnable stolen = stealFrom(ring, pass == PASSES);
                if (stolen != null) {
                    return stolen;
                }
            }
            Runnable arrived = core.queues().poll();
            if (arrived != null) {
                return arrived;
            }
        }
        return null;
    }

    /** Visits each of those that are equally near once, in a random order. */
    private @Nullable Runnable stealFrom(VirtualCoreContext[] ring, boolean lastPass) {
        int stride = strideCoprimeTo(ring.length);
        int at = nextRandom() % ring.length;
        for (int i = 0; i < ring.length; i++) {
            Runnable stolen = stealFrom(ring[at], lastPass);
            if (stolen != null) {
                return stolen;
            }
            at = (at + stride) % ring.length;
        }
        return null;
    }

    private @Nullable Runnable stealFrom(VirtualCoreContext victim, boolean lastPass) {
        Runnable stolen = core.queues().steal(victim.queues());
        if (stolen == null && lastPass) {
            stolen = stealNext(victim);
            if (stolen == null) {
                stolen = victim.queues().takePreferred();
            }
        }
        if (stolen != null) {
            core.counters().countSteal();
        }
        return stolen;
    }

    /** Takes what a core has just woken, if that does not come to run it. */
    private static @Nullable Runnable stealNext(VirtualCoreContext victim) {
        Runnable next = victim.queues().next();
        if (next == null) {
            return null;
        }
        long before = victim.counters().dispatches();
        for (int i = 0; i < PATIENCE_SPINS; i++) {
            Thread.onSpinWait();
        }
        return victim.counters().dispatches() == before && victim.queues().takeNext(next) ? next : null;
    }

    /** With such a stride every core is visited once. */
    private int strideCoprimeTo(int cores) {
        int stride = 1 + nextRandom() % cores;
        while (!areCoprime(stride, cores)) {
            stride = 1 + stride % cores; // 1 is coprime to all
        }
        return stride;
    }

    private static boolean areCoprime(int a, int b) {
        while (b != 0) {
            int remainder = a % b;
            a = b;
            b = remainder;
        }
        return a == 1;
    }

    private int nextRandom() {
        random ^= random << 13;
        random ^= random >>> 17;
        random ^= random << 5;
        return random & Integer.MAX_VALUE;
    }
}
