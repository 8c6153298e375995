package dev.heddle.stress.weakened;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** The sender does not look whether something waits in a segment before it fills the direct slot: its later item overtakes. */
@JCStressTest
@Outcome(id = "abc", expect = ACCEPTABLE, desc = "all three, in order")
@Outcome(expect = FORBIDDEN, desc = "lost, doubled or out of order")
@State
public class DirectSlotFilledTooSoon {
    private static final String OPEN = "";

    private final AtomicReference<@Nullable String> direct = new AtomicReference<>(OPEN);
    private final Queue<String> segments = new ConcurrentLinkedQueue<>();
    private final StringBuilder received = new StringBuilder();

    @Actor
    public void sender() {
        offer("a");
        offer("b");
        offer("c");
    }

    @Actor
    public void receiver() {
        receive();
        receive();
        receive();
        receive();
    }

    @Arbiter
    public void rest(L_Result result) {
        for (int i = 0; i < 4; i++) {
            receive();
        }
        result.r1 = received.toString();
    }

    private void offer(String item) {
        if (!direct.compareAndSet(OPEN, item)) {
            segments.add(item);
        }
    }

    private void receive() {
        String found = direct.get();
        if (found != null && !found.isEmpty()) {
            take(found);
            return;
        }
        String first = segments.peek();
        if (first == null) {
            direct.compareAndSet(null, OPEN);
            return;
        }
        if (found != null && !direct.compareAndSet(OPEN, null)) {
            take(String.valueOf(direct.get()));
            return;
        }
        received.append(segments.remove());
    }

    private void take(String item) {
        received.append(item);
        direct.set(segments.isEmpty() ? OPEN : null);
    }
}
