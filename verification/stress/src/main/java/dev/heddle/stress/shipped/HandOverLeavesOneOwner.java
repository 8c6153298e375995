package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.dispatch.AsymmetricFence;
import dev.heddle.stress.HandOver;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** INV-2: of the return of a task to its carrier and the hand-over of its core, one wins. */
@JCStressTest
@Outcome(
        id = "true, true",
        expect = ACCEPTABLE,
        desc = "the core was taken in one of its owner's tasks, with all that it had done")
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "it was not, for as long as its owner had some")
@Outcome(expect = FORBIDDEN, desc = "two owners, or none, or one that misses what was done")
@State
public class HandOverLeavesOneOwner {
    private final HandOver core = new HandOver(AsymmetricFence.ofThisProcess());

    @Actor
    public void owner() {
        core.own();
    }

    @Actor
    public void monitor() {
        core.take();
    }

    @Arbiter
    public void compare(ZZ_Result result) {
        result.r1 = core.isAgreed();
        result.r2 = core.isTaken();
    }
}
