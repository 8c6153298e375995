package dev.heddle.stress;

import dev.heddle.runtime.internal.dispatch.AsymmetricFence;
import dev.heddle.runtime.internal.dispatch.Lease;

/** One core, an owner that runs one task after the other, and a monitor that takes the core in one of them if it can. */
public final class HandOver {
    private static final int TASKS = 100;

    private final Lease lease;
    private final Lease.Holder holder = new Lease.Holder();
    private int dispatched;
    private int lostAfter;
    private int takenAfter;
    private volatile boolean hasGone;

    public HandOver(AsymmetricFence fence) {
        lease = new Lease(fence);
        lease.pass();
    }

    /** Runs its tasks until it loses the core, or passes it on after the last one. */
    public void own() {
        boolean isOwner = true;
        while (isOwner && dispatched < TASKS) {
            dispatched++;
            holder.run();
            isOwner = lease.enter(holder, 1);
        }
        lostAfter = isOwner ? 0 : dispatched;
        if (isOwner) {
            lease.pass(); // while the monitor may ask
        }
        hasGone = true;
    }

    /** Asks until it has the core or the owner has gone. */
    public void take() {
        boolean isTaken;
        do {
            isTaken = lease.take(holder, 1) != 0;
        } while (!isTaken && !hasGone);
        takenAfter = isTaken ? dispatched : 0;
    }

    /** Afterwards: whether the two agree on who has the core, and after which task it changed hands. */
    public boolean isAgreed() {
        return lostAfter == takenAfter && lease.number() == 2;
    }

    /** Afterwards: whether the monitor has taken it. */
    public boolean isTaken() {
        return takenAfter != 0;
    }
}
