package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** The count and the flag in two words. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true"},
        expect = ACCEPTABLE,
        desc = "the task was admitted and the core stays, or the other way round")
@Outcome(id = "true, true", expect = FORBIDDEN, desc = "a task was admitted to a core that is gone")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "a task was refused by a core that stays")
@State
public class ResizeAgainstSubmit {
    private volatile boolean removed;
    private final AtomicInteger tasks = new AtomicInteger();

    @Actor
    public void submit(ZZ_Result result) {
        result.r1 = !removed && tasks.incrementAndGet() > 0;
    }

    @Actor
    public void resize(ZZ_Result result) {
        if (tasks.get() == 0) {
            removed = true; // weakened: one compare-and-set over both in TaskGroup
            result.r2 = true;
        }
    }
}
