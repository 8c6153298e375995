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
import org.openjdk.jcstress.infra.results.ZL_Result;

/** The look goes past what is empty, as a poll does: it takes the successor back to where it was itself. */
@JCStressTest
@Outcome(
        id = {"true, abc", "false, abc"},
        expect = ACCEPTABLE,
        desc = "all three, in order")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class APastOwnerOnlyLooks {
    private final AtomicReferenceArray<@Nullable String> slots = new AtomicReferenceArray<>(8);
    private final AtomicInteger claimed = new AtomicInteger();
    private int passed;
    private final StringBuilder received = new StringBuilder();

    @Actor
    public void pastOwner(ZL_Result result) {
        result.r1 = isEmpty();
    }

    @Actor
    public void senderAndOwner() {
        offer("a");
        receive();
        offer("b");
        offer("c");
        receive();
        receive();
    }

    @Arbiter
    public void rest(ZL_Result result) {
        receive();
        receive();
        result.r2 = received.toString();
    }

    private void offer(String item) {
        slots.set(claimed.getAndIncrement(), item);
    }

    private boolean isEmpty() {
        int position = passed;
        while (position < claimed.get() && slots.get(position) == null) {
            position++;
        }
        passed = position; // weakened: MpscChannel writes nothing here
        return position == claimed.get();
    }

    private void receive() {
        String item = slots.get(passed);
        if (item != null) {
            passed++;
            received.append(item);
        }
    }
}
