package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The sender does not look whether something waits in a segment before it fills the direct slot: its later item overtakes. */
@JCStressTest
@Outcome(id = "abc", expect = ACCEPTABLE, desc = "all three, in order")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class DirectSlotFilledTooSoon {
    private final DirectSlotModel channel = new DirectSlotModel(false, true);

    @Actor
    public void sender() {
        channel.offer("a");
        channel.offer("b");
        channel.offer("c");
    }

    @Actor
    public void receiver() {
        for (int i = 0; i < 16; i++) {
            channel.receive();
        }
    }

    @Arbiter
    public void rest(L_Result result) {
        receiver();
        result.r1 = channel.received();
    }
}
