package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.channel.MpscChannel;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** The step to AWAKE as a look and a write: the owner and a sender may both make it. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true"},
        expect = ACCEPTABLE,
        desc = "one of the two sees to the work")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "the work waits for ever")
@Outcome(id = "true, true", expect = FORBIDDEN, desc = "both think that they made the step")
@State
public class VacatingLosesNoWork {
    private final MpscChannel<String> channel = new MpscChannel<>();
    private final TornOwnerState owner = new TornOwnerState();

    public VacatingLosesNoWork() {
        owner.announce(TornOwnerState.AWAKE);
    }

    @Actor
    public void sender(ZZ_Result result) {
        channel.offer("work");
        result.r1 = owner.rouse();
    }

    @Actor
    public void owner(ZZ_Result result) {
        owner.announce(TornOwnerState.VACANT);
        result.r2 = !channel.isEmpty() && owner.takeBack(TornOwnerState.VACANT);
    }
}
