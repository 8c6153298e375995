package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.channel.MpscChannel;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/**
 * A sender and a receiver that opens the direct slot, and closes it, at any moment: the items that go through it and those
 * that go through a segment stay in order. Segments of two, and a receiver that closes every slot that it finds claimed.
 */
@JCStressTest
@Outcome(id = "abc", expect = ACCEPTABLE, desc = "all three, in order")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class DirectSlotKeepsOrder {
    private final MpscChannel<String> channel = new MpscChannel<>(2, 0);
    private final StringBuilder received = new StringBuilder();

    public DirectSlotKeepsOrder() {
        receive(); // opens it
    }

    @Actor
    public void sender() {
        channel.offer("a");
        channel.offer("b");
        channel.offer("c");
    }

    @Actor
    public void receiver() {
        receive();
        receive();
        receive();
        receive();
    }

    @Arbiter
    public void rest(L_Result result) {
        while (!channel.isEmpty()) {
            receive();
        }
        result.r1 = received.toString();
    }

    private void receive() {
        String item = channel.poll();
        if (item != null) {
            received.append(item);
        }
    }
}
