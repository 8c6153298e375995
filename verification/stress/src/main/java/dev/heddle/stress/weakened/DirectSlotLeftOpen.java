package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The receiver takes from a segment without closing the direct slot, which may have been filled since: its earlier item is overtaken. */
@JCStressTest
@Outcome(id = "abc", expect = ACCEPTABLE, desc = "all three, in order")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class DirectSlotLeftOpen {
    private final DirectSlotModel channel = new DirectSlotModel(true, false);

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
