package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A return that looks and writes: both go on as the owner. */
@JCStressTest
@Outcome(id = "true, -1", expect = ACCEPTABLE, desc = "the task suspended first: its carrier goes on as the owner")
@Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "the core was taken first, with all that its owner had done")
@Outcome(expect = FORBIDDEN, desc = "two owners, or none, or one that misses what was done")
@State
public class HandOverLeavesOneOwner {
    private final TornLease lease = new TornLease();
    private int data;

    public HandOverLeavesOneOwner() {
        lease.pass();
    }

    @Actor
    public void owner(ZI_Result result) {
        data = 1;
        lease.run(1);
        result.r1 = lease.enter(1);
    }

    @Actor
    public void monitor(ZI_Result result) {
        result.r2 = lease.take(1) == 0 ? -1 : data;
    }
}
