package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** The word without its version: a thief does not notice that its item was taken and another put there. */
@JCStressTest
@Outcome(id = "true", expect = ACCEPTABLE, desc = "each item came out once")
@Outcome(expect = FORBIDDEN, desc = "an item was lost or came out twice")
@State
public class RingGivesEachItemOnce {
    private final UnversionedRing ring = new UnversionedRing();
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
