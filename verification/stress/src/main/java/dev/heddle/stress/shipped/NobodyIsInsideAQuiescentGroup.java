package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.task.Stripes;
import dev.heddle.runtime.internal.task.TaskGroup;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;

/** A task enters while the group is closed: it is refused, or the end is told once, and not before it has left. */
@JCStressTest
@Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "the end was told once, to nobody inside")
@Outcome(expect = FORBIDDEN, desc = "told too early, twice, or never")
@State
public class NobodyIsInsideAQuiescentGroup {
    private volatile int told;
    private final TaskGroup group = new TaskGroup(Stripes.ONE, this::tell);

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread makes the step that tells
    private void tell() {
        told++;
    }

    @Actor
    public void task(ZI_Result result) {
        if (group.tryEnter()) {
            result.r1 = told != 0;
            group.cancel();
        }
    }

    @Actor
    public void closer() {
        group.close();
    }

    @Arbiter
    public void end(ZI_Result result) {
        result.r2 = told;
    }
}
