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

/** A book is closed after its count was taken over, and not in the same section: who ends in between is counted by nobody. */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "the end was told")
@Outcome(expect = FORBIDDEN, desc = "the end was told to nobody")
@State
public class TheLastWhoEndsTells {
    private final AtomicInteger endedInBook = new AtomicInteger();
    private final AtomicInteger endedInAll = new AtomicInteger();
    private volatile boolean bookIsClosed;
    private volatile int told;

    /** The one task that has entered. */
    @Actor
    public void task() {
        endedInBook.getAndIncrement();
        if (bookIsClosed) {
            endedInAll.getAndIncrement();
            look();
        }
    }

    @Actor
    public void closer() {
        endedInAll.getAndAdd(endedInBook.get()); // weakened: with the next, under the book's lock in TaskGroup.close
        bookIsClosed = true;
        look();
    }

    private void look() {
        if (endedInAll.get() == 1) {
            told = 1;
        }
    }

    @Arbiter
    public void end(I_Result result) {
        result.r1 = told;
    }
}
