package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.dispatch.OwnerState;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** Joining in release mode: the look at the owner's state may come before it. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true", "true, true"},
        expect = ACCEPTABLE,
        desc = "the rest is counted, or it has ended")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "the core rests, and nobody knows that it may be woken")
@State
public class ARestIsCountedAsItIsToBe {
    private static final VarHandle SHARING = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "sharing", VarHandle.class, ARestIsCountedAsItIsToBe.class, boolean.class);

    private volatile boolean sharing;
    private final OwnerState owner = new OwnerState();

    public ARestIsCountedAsItIsToBe() {
        owner.announce(OwnerState.AWAKE);
    }

    @Actor
    public void resize(ZZ_Result result) {
        SHARING.setRelease(this, true); // weakened: volatile in Membership
        result.r1 = owner.rouse(OwnerState.AWAKE) != OwnerState.AWAKE;
    }

    @Actor
    public void owner(ZZ_Result result) {
        long rest = OwnerState.rest(OwnerState.PARKED, sharing, 1);
        owner.announce(rest);
        result.r2 = OwnerState.isCounted(rest) || (sharing && owner.takeBack(rest));
    }
}
