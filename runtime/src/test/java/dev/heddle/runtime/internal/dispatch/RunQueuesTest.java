package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.heddle.runtime.internal.queue.SharedRunQueue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RunQueuesTest {
    private final RunQueues queues = new RunQueues(new SharedRunQueue<>(), () -> 1, null);

    private static Runnable named(String name) {
        return new Runnable() {
            @Override
            public void run() {}

            @Override
            public String toString() {
                return name;
            }
        };
    }

    private @Nullable String poll() {
        Runnable next = queues.poll();
        return next == null ? null : next.toString();
    }

    @Test
    void whatArrivesWhileATaskRunsComesBeforeThatOneAgain() {
        Runnable yields = named("yields");
        queues.addLocal(yields);
        for (int i = 0; i < 20; i++) { // at every phase of the ticks
            assertEquals("yields", poll());
            queues.channel.offer(named("arrived"));
            queues.addLocal(yields);
            assertEquals("arrived", poll());
            if (i % 3 == 0) {
                assertEquals("yields", poll());
                queues.addLocal(yields);
            }
        }
    }

    @Test
    void theChannelAndTheLocalQueueAreServedInTurn() {
        for (int i = 0; i < 5; i++) {
            queues.channel.offer(named("channel"));
            queues.addLocal(named("local"));
        }

        List<@Nullable String> order = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            order.add(poll());
        }

        for (int i = 0; i < 10; i++) {
            assertEquals(i % 2 == 0 ? "channel" : "local", order.get(i), order::toString);
        }
        assertEquals(null, poll());
    }
}
