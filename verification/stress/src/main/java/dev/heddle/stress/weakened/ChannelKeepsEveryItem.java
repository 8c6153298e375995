package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The push as a look and a write: one of two senders may overwrite the other's item. */
@JCStressTest
@Outcome(
        id = {"abx", "axb", "xab"},
        expect = ACCEPTABLE,
        desc = "all three, a before b")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class ChannelKeepsEveryItem {
    private record Node(String item, @Nullable Node next) {}

    private volatile @Nullable Node inbox;

    @Actor
    public void sender() {
        offer("a");
        offer("b");
    }

    @Actor
    public void otherSender() {
        offer("x");
    }

    @Arbiter
    public void rest(L_Result result) {
        StringBuilder received = new StringBuilder();
        for (Node node = inbox; node != null; node = node.next()) {
            received.insert(0, node.item());
        }
        result.r1 = received.toString();
    }

    private void offer(String item) {
        inbox = new Node(item, inbox); // weakened: one compare-and-set in MpscChannel
    }
}
