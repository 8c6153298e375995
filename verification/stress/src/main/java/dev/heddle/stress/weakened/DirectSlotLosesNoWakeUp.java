package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.heddle.runtime.internal.dispatch.OwnerState;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** INV-5 with a second look that passes over the direct slot. */
@JCStressTest
@Outcome(
        id = {"true, false", "false, true"},
        expect = ACCEPTABLE,
        desc = "one of the two sees to the work")
@Outcome(id = "false, false", expect = FORBIDDEN, desc = "the work waits for ever")
@Outcome(id = "true, true", expect = FORBIDDEN, desc = "both think that they made the step")
@State
public class DirectSlotLosesNoWakeUp {
    private static final String OPEN = "";

    private final AtomicReference<String> direct = new AtomicReference<>(OPEN);
    private final Queue<String> segments = new ConcurrentLinkedQueue<>();
    private final OwnerState owner = new OwnerState();

    public DirectSlotLosesNoWakeUp() {
        owner.announce(OwnerState.AWAKE);
    }

    @Actor
    public void sender(ZZ_Result result) {
        if (!direct.compareAndSet(OPEN, "work")) {
            segments.add("work");
        }
        result.r1 = owner.rouse(OwnerState.AWAKE) != OwnerState.AWAKE;
    }

    @Actor
    public void owner(ZZ_Result result) {
        owner.announce(OwnerState.PARKED);
        result.r2 = !segments.isEmpty() && owner.takeBack(OwnerState.PARKED); // weakened: and not direct
    }
}
