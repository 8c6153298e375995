package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Steps that look and write: the sleeper is woken and deprived. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true"},
        expect = ACCEPTABLE,
        desc = "one of them has ended the rest")
@Outcome(expect = FORBIDDEN, desc = "two owners, or none")
@State
public class OneEndsTheRest {
    private final TornOwnerState owner = new TornOwnerState();

    public OneEndsTheRest() {
        owner.announce(TornOwnerState.PARKED);
    }

    /** Sends something, for the sleeper to run. */
    @Actor
    public void sender(ZZ_Result result) {
        result.r1 = owner.rouse();
    }

    /** Comes back from a blocking call, and wants the sleeper's core. */
    @Actor
    public void carrier(ZZ_Result result) {
        result.r2 = owner.claim();
    }
}
