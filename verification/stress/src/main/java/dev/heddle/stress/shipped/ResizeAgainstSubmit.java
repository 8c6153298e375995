package dev.heddle.stress.shipped;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.task.Stripes;
import dev.heddle.runtime.internal.task.TaskGroup;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** A core is removed only if it has no tasks, and a task is admitted only to a core that stays. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true"},
        expect = ACCEPTABLE,
        desc = "the task was admitted and the core stays, or the other way round")
@Outcome(id = "true, true", expect = FORBIDDEN, desc = "a task was admitted to a core that is gone")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "a task was refused by a core that stays")
@State
public class ResizeAgainstSubmit {
    private final TaskGroup group = new TaskGroup(Stripes.ONE, () -> {});

    @Actor
    public void submit(ZZ_Result result) {
        result.r1 = group.tryEnter();
    }

    @Actor
    public void resize(ZZ_Result result) {
        if (group.suspendIfIdle()) {
            result.r2 = true;
            group.close();
        }
    }
}
