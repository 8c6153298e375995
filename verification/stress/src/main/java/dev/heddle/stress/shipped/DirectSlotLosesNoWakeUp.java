package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.channel.MpscChannel;
import dev.heddle.runtime.internal.dispatch.OwnerState;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** INV-5 where the item goes through the direct slot: a sender that offers while the owner goes to sleep wakes it, or the owner sees the work; not neither. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true"},
        expect = ACCEPTABLE,
        desc = "one of the two sees to the work")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "the work waits for ever")
@Outcome(id = "true, true", expect = FORBIDDEN, desc = "both think that they made the step")
@State
public class DirectSlotLosesNoWakeUp {
    private final MpscChannel<String> channel = new MpscChannel<>();
    private final OwnerState owner = new OwnerState();

    public DirectSlotLosesNoWakeUp() {
        channel.poll(); // opens it
        owner.announce(OwnerState.AWAKE);
    }

    @Actor
    public void sender(ZZ_Result result) {
        channel.offer("work");
        result.r1 = owner.rouse(OwnerState.AWAKE) != OwnerState.AWAKE;
    }

    @Actor
    public void owner(ZZ_Result result) {
        owner.announce(OwnerState.PARKED);
        result.r2 = !channel.isEmpty() && owner.takeBack(OwnerState.PARKED);
    }
}
