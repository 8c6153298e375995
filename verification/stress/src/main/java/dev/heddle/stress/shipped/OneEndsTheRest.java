package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.dispatch.OwnerState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** INV-2: a sleeping owner is either woken or deprived of its core, not both. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true"},
        expect = ACCEPTABLE,
        desc = "one of them has ended the rest")
@Outcome(expect = FORBIDDEN, desc = "two owners, or none")
@State
public class OneEndsTheRest {
    private final OwnerState owner = new OwnerState();

    public OneEndsTheRest() {
        owner.announce(OwnerState.rest(OwnerState.PARKED, false, 1));
    }

    /** Sends something, for the sleeper to run. */
    @Actor
    public void sender(ZZ_Result result) {
        result.r1 = owner.rouse(OwnerState.AWAKE) != OwnerState.AWAKE;
    }

    /** Comes back from a blocking call, and wants the sleeper's core. */
    @Actor
    public void carrier(ZZ_Result result) {
        result.r2 = owner.claim() != OwnerState.AWAKE;
    }
}
