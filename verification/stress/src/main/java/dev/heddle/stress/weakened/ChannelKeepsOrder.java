package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The receiver passes a slot that is claimed and not filled, and the sender fills it all the same: the item is lost. */
@JCStressTest
@Outcome(id = "abc", expect = ACCEPTABLE, desc = "all three, in order")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class ChannelKeepsOrder {
    private final AtomicReferenceArray<@Nullable String> slots = new AtomicReferenceArray<>(3);
    private final AtomicInteger claimed = new AtomicInteger();
    private int passed;
    private final StringBuilder received = new StringBuilder();

    @Actor
    public void sender() {
        offer("a");
        offer("b");
        offer("c");
    }

    @Actor
    public void receiver() {
        receive();
        receive();
    }

    @Arbiter
    public void rest(L_Result result) {
        while (passed < claimed.get()) {
            receive();
        }
        result.r1 = received.toString();
    }

    private void offer(String item) {
        slots.set(claimed.getAndIncrement(), item);
    }

    private void receive() {
        while (passed < claimed.get()) {
            String item = slots.get(passed++); // weakened: MpscChannel closes the slot, and the sender finds that
            if (item != null) {
                received.append(item);
                return;
            }
        }
    }
}
