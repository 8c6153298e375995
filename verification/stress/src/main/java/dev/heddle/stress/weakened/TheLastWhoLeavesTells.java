package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** Who leaves looks before it counts: neither it nor the one who closes sees that it was the last. */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "the end was told")
@Outcome(expect = FORBIDDEN, desc = "the end was told to nobody")
@State
public class TheLastWhoLeavesTells {
    private final AtomicInteger left = new AtomicInteger();
    private volatile boolean closed;
    private volatile int told;

    /** The one task that has entered. */
    @Actor
    public void leaver() {
        boolean last = closed; // weakened: after the count in TaskGroup.cancel
        left.getAndIncrement();
        if (last) {
            told = 1;
        }
    }

    @Actor
    public void closer() {
        closed = true;
        if (left.get() == 1) {
            told = 1;
        }
    }

    @Arbiter
    public void end(I_Result result) {
        result.r1 = told;
    }
}
