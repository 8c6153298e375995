package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.runtime.internal.queue.SharedRunQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RunQueuesTest {
    private final SharedRunQueue<Runnable> global = new SharedRunQueue<>();
    private final RunQueues queues = new RunQueues(global, () -> 1, null);

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

    static Stream<Named<BiConsumer<RunQueuesTest, Runnable>>> waysIn() {
        return Stream.of(
                Named.of("channel", (test, task) -> test.queues.channel.offer(task)),
                Named.of("next", (test, task) -> test.queues.addNext(task)),
                Named.of("ready", (test, task) -> test.queues.addReady(task)),
                Named.of("fresh", (test, task) -> test.queues.addFresh(task)),
                Named.of("preferred", (test, task) -> test.queues.addPreferred(task)),
                Named.of("global", (test, task) -> test.global.offer(task)));
    }

    @ParameterizedTest
    @MethodSource("waysIn")
    void tasksOfTheCoreThatOnlyWakeEachOtherKeepNothingOut(BiConsumer<RunQueuesTest, Runnable> wayIn) {
        Runnable yields = named("yields");
        queues.addLocal(yields);
        for (int phase = 0; phase < 2 * RunQueues.GLOBAL_PERIOD; phase++) {
            wayIn.accept(this, named("other"));
            int waited = 0;
            while ("yields".equals(poll())) { // or it was the other one
                queues.addLocal(yields);
                waited++;
                assertTrue(waited <= RunQueues.GLOBAL_PERIOD, "a period has gone by, and it still waits");
            }
            for (int i = 0; i <= phase % 7; i++) {
                assertEquals("yields", poll());
                queues.addLocal(yields);
            }
        }
    }
}
