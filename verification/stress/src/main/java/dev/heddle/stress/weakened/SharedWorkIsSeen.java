package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.dispatch.Searchers;
import dev.heddle.runtime.internal.queue.SharedRunQueue;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** The last look before the searcher has said that it gives up: each relies on the other. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true", "true, true"},
        expect = ACCEPTABLE,
        desc = "somebody sees to the work")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "the work waits although a core is idle")
@State
public class SharedWorkIsSeen {
    private final SharedRunQueue<String> queue = new SharedRunQueue<>();
    private final Searchers searchers = new Searchers();

    public SharedWorkIsSeen() {
        searchers.tryStart(2);
    }

    @Actor
    public void publisher(ZZ_Result result) {
        queue.offer("work");
        result.r1 = searchers.tryAppoint();
    }

    @Actor
    public void searcher(ZZ_Result result) {
        result.r2 = !queue.isEmpty(); // weakened: the last step in VirtualCoreContext.rest()
        searchers.stop();
        searchers.rested();
    }
}
