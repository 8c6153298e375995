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

/** Two senders at once, with a segment for each item: nothing is lost or doubled, and each sender's order is kept. */
@JCStressTest
@Outcome(
        id = {"abx", "axb", "xab"},
        expect = ACCEPTABLE,
        desc = "all three, a before b")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class ChannelKeepsEveryItem {
    private final MpscChannel<String> channel = new MpscChannel<>(1, 0);
    private final StringBuilder received = new StringBuilder();

    @Actor
    public void sender() {
        channel.offer("a");
        channel.offer("b");
    }

    @Actor
    public void otherSender() {
        channel.offer("x");
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
