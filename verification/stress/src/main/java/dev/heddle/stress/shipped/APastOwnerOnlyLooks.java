package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.channel.MpscChannel;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZL_Result;

/** An owner that has announced its sleep looks at the channel while its successor takes from it: it must change nothing. */
@JCStressTest
@Outcome(
        id = {"true, abc", "false, abc"},
        expect = ACCEPTABLE,
        desc = "all three, in order")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class APastOwnerOnlyLooks {
    private final MpscChannel<String> channel = new MpscChannel<>(2, 0);
    private final StringBuilder received = new StringBuilder();

    @Actor
    public void pastOwner(ZL_Result result) {
        result.r1 = channel.isEmpty();
    }

    @Actor
    public void senderAndOwner() {
        channel.offer("a");
        receive();
        receive(); // finds nothing, and opens the direct slot
        channel.offer("b");
        channel.offer("c");
        receive();
        receive();
    }

    @Arbiter
    public void rest(ZL_Result result) {
        receive();
        receive();
        result.r2 = received.toString();
    }

    private void receive() {
        String item = channel.poll();
        if (item != null) {
            received.append(item);
        }
    }
}
