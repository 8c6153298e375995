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
import org.openjdk.jcstress.infra.results.I_Result;

/** The last task, which will not begin, leaves while the group is closed: one of the two tells the end, and not both. */
@JCStressTest
@Outcome(id = "1", expect = ACCEPTABLE, desc = "the end was told once")
@Outcome(expect = FORBIDDEN, desc = "never, or twice")
@State
public class TheLastWhoLeavesTells {
    private volatile int told;
    private final TaskGroup group = new TaskGroup(Stripes.ONE, this::tell);

    public TheLastWhoLeavesTells() {
        group.tryEnter();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread makes the step that tells
    private void tell() {
        told++;
    }

    @Actor
    public void leaver() {
        group.cancel();
    }

    @Actor
    public void closer() {
        group.close();
    }

    @Arbiter
    public void end(I_Result result) {
        result.r1 = told;
    }
}
