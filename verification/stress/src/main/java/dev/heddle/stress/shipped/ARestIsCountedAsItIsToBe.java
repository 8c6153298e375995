package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.dispatch.Membership;
import dev.heddle.runtime.internal.dispatch.OwnerState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A core that joins its manager while its owner goes to rest does not rest uncounted: nobody would wake it for shared work. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true", "true, true"},
        expect = ACCEPTABLE,
        desc = "the rest is counted, or it has ended")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "the core rests, and nobody knows that it may be woken")
@State
public class ARestIsCountedAsItIsToBe {
    private final Membership membership = new Membership(false);
    private final OwnerState owner = new OwnerState();

    public ARestIsCountedAsItIsToBe() {
        owner.announce(OwnerState.AWAKE);
    }

    @Actor
    public void resize(ZZ_Result result) {
        membership.join();
        result.r1 = owner.rouse(OwnerState.AWAKE) != OwnerState.AWAKE;
    }

    @Actor
    public void owner(ZZ_Result result) {
        long rest = OwnerState.rest(OwnerState.PARKED, membership.isSharing(), 1);
        owner.announce(rest);
        result.r2 = OwnerState.isCounted(rest) || (membership.isSharing() && owner.takeBack(rest));
    }
}
