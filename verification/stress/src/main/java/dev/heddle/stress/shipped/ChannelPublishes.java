package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.channel.MpscChannel;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** What was written before the offer is there after the poll. */
@JCStressTest
@Outcome(
        id = {"-1", "1"},
        expect = ACCEPTABLE,
        desc = "nothing yet, or all of it")
@Outcome(expect = FORBIDDEN, desc = "the item, without what was written before")
@State
public class ChannelPublishes {
    static final class Item {
        int value;
    }

    private final MpscChannel<Item> channel = new MpscChannel<>();
    private final Item item = new Item();

    @Actor
    public void sender() {
        item.value = 1;
        channel.offer(item);
    }

    @Actor
    public void receiver(I_Result result) {
        Item received = channel.poll();
        result.r1 = received == null ? -1 : received.value;
    }
}
