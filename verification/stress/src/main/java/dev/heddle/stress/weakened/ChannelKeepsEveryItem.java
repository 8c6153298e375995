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

/** Two senders find the last segment full and each writes its own behind it: one takes the place of the other. */
@JCStressTest
@Outcome(
        id = {"abx", "axb", "xab"},
        expect = ACCEPTABLE,
        desc = "all three, a before b")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class ChannelKeepsEveryItem {
    /** With a single slot. */
    private static final class Segment {
        final String item;
        volatile @Nullable Segment next;

        Segment(String item) {
            this.item = item;
        }
    }

    private final Segment first = new Segment("");
    private volatile Segment last = first;

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
        for (Segment each = first.next; each != null; each = each.next) {
            received.append(each.item);
        }
        result.r1 = received.toString();
    }

    private void offer(String item) {
        Segment fresh = new Segment(item);
        while (true) {
            Segment full = last;
            Segment next = full.next;
            if (next == null) {
                full.next = fresh; // weakened: MpscChannel compares with null and sets at once
                last = fresh;
                return;
            }
            last = next;
        }
    }
}
