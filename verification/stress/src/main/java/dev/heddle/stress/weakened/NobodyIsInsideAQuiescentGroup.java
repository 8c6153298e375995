package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.Z_Result;

/** The flag and the count in two words: a task that saw the flag clear may enter after the end was told. */
@JCStressTest
@Outcome(id = "false", expect = ACCEPTABLE, desc = "the end was told to nobody inside")
@Outcome(expect = FORBIDDEN, desc = "told while a task was inside")
@State
public class NobodyIsInsideAQuiescentGroup {
    private volatile boolean closed;
    private final AtomicInteger inside = new AtomicInteger();
    private volatile boolean told;

    @Actor
    public void task(Z_Result result) {
        if (!closed) { // weakened: one compare-and-set over both in TaskGroup
            inside.incrementAndGet();
            result.r1 = told;
            inside.decrementAndGet();
        }
    }

    @Actor
    public void closer() {
        closed = true;
        if (inside.get() == 0) {
            told = true;
        }
    }
}
