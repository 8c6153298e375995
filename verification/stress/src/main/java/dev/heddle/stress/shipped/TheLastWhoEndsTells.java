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
import org.openjdk.jcstress.infra.results.II_Result;

/** Two tasks end, each in a book of its own, while the group is closed: the end is told, and once. */
@JCStressTest
@Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "the end was told once, after both")
@Outcome(expect = FORBIDDEN, desc = "never, or twice, or too early")
@State
public class TheLastWhoEndsTells {
    private volatile int told;
    private volatile int ending;
    private int endingWhenTold;
    private int begun;
    private final TaskGroup group = new TaskGroup(new Stripes(2, () -> begun++), this::tell);
    private final TaskGroup.Member first = new TaskGroup.Member();
    private final TaskGroup.Member second = new TaskGroup.Member();

    public TheLastWhoEndsTells() {
        group.tryEnter();
        group.begin(first);
        group.tryEnter();
        group.begin(second);
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread makes the step that tells
    private void tell() {
        endingWhenTold = ending;
        told++;
    }

    @Actor
    public void tasks() {
        ending = 1;
        group.end(first, false);
        ending = 2;
        group.end(second, false);
    }

    @Actor
    public void closer() {
        group.close();
    }

    @Arbiter
    public void end(II_Result result) {
        result.r1 = told;
        result.r2 = endingWhenTold;
    }
}
