package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.queue.StealableRunQueue;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** INV-3: the owner at the new end and a thief at the old one, where they are the same. */
@JCStressTest
@Outcome(id = "true", expect = ACCEPTABLE, desc = "each item came out once")
@Outcome(expect = FORBIDDEN, desc = "an item was lost or came out twice")
@State
public class RingGivesEachItemOnce {
    private final StealableRunQueue<Integer> ring = new StealableRunQueue<>();
    private int byOwner;
    private int byThief;

    public RingGivesEachItemOnce() {
        ring.offer(1);
    }

    /** Takes the one and puts another into its place: the ring looks as before. */
    @Actor
    public void owner() {
        Integer taken = ring.pollNewest();
        byOwner = taken == null ? 0 : taken;
        ring.offer(10);
    }

    @Actor
    public void thief() {
        @Nullable Object[] into = new @Nullable Object[128];
        if (ring.takeHalf(into) == 1 && into[0] instanceof Integer stolen) {
            byThief = stolen;
        }
    }

    @Arbiter
    public void count(Z_Result result) {
        Integer left = ring.pollOldest();
        result.r1 = byOwner + byThief + (left == null ? 0 : left) == 11;
    }
}
