package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.dispatch.AsymmetricFence;
import dev.heddle.runtime.internal.dispatch.Lease;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** INV-2, as in {@link HandOverLeavesOneOwner}, where the kernel has no fence for all threads. */
@JCStressTest
@Outcome(
        id = "true, true",
        expect = ACCEPTABLE,
        desc = "the core was taken in one of its owner's tasks, with all that it had done")
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "it was not, for as long as its owner had some")
@Outcome(expect = FORBIDDEN, desc = "two owners, or none, or one that misses what was done")
@State
public class HandOverBetweenFullFences {
    private static final int TASKS = 100;

    private final Lease lease = new Lease(new AsymmetricFence.Symmetric());
    private final Lease.Holder holder = new Lease.Holder();
    private int dispatched;
    private int lostAfter;
    private int takenAfter;
    private volatile boolean hasGone;

    public HandOverBetweenFullFences() {
        lease.pass();
    }

    @Actor
    public void owner() {
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

    @Actor
    public void monitor() {
        boolean isTaken;
        do {
            isTaken = lease.take(holder, 1) != 0;
        } while (!isTaken && !hasGone);
        takenAfter = isTaken ? dispatched : 0;
    }

    @Arbiter
    public void compare(ZZ_Result result) {
        result.r1 = lostAfter == takenAfter && lease.number() == 2;
        result.r2 = takenAfter != 0;
    }
}
