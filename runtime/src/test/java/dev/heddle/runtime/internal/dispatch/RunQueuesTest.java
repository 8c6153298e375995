package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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

    /** A thief leaves what a task has just woken to its core, until the monitor has found that this goes on with the task. */
    @Test
    void whatIsNextIsForThievesOnceItIsLate() {
        assertFalse(queues.markNextAsLate());
        queues.addNext(named("woken"));
        assertFalse(queues.hasStealable());
        assertTrue(queues.markNextAsLate());
        assertTrue(queues.hasStealable());
        assertEquals("woken", poll());
        assertFalse(queues.hasStealable());
        queues.addNext(named("woken later"));
        assertFalse(queues.hasStealable());
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

    record WayIn(int within, BiConsumer<RunQueuesTest, Runnable> send) {}

    /** And within how many dispatches of others it is to be taken: PINNED work next but one, ANY and PREFERRED in their turns. */
    static Stream<Named<WayIn>> waysIn() {
        return Stream.of(
                Named.of("channel", new WayIn(1, (test, task) -> test.queues.channel.offer(task))),
                Named.of("next", new WayIn(2, (test, task) -> test.queues.addNext(task))),
                Named.of("ready", new WayIn(2, (test, task) -> test.queues.addReady(task))),
                Named.of("fresh", new WayIn(2, (test, task) -> test.queues.addFresh(task))),
                Named.of("preferred", new WayIn(2, (test, task) -> test.queues.addPreferred(task))),
                Named.of("stolen", new WayIn(2, RunQueuesTest::steal)),
                Named.of("global", new WayIn(RunQueues.GLOBAL_PERIOD, (test, task) -> test.global.offer(task))));
    }

    private void steal(Runnable task) {
        RunQueues victim = new RunQueues(global, () -> 2, null);
        for (Runnable each : List.of(named("first"), task, named("left"), named("left"))) {
            victim.addReady(each);
        }
        assertEquals("first", String.valueOf(queues.steal(victim)));
    }

    @ParameterizedTest
    @MethodSource("waysIn")
    void tasksOfTheCoreThatOnlyWakeEachOtherKeepNothingOut(WayIn way) {
        Runnable yields = named("yields");
        queues.addLocal(yields);
        for (int phase = 0; phase < 2 * RunQueues.GLOBAL_PERIOD; phase++) {
            way.send.accept(this, named("other"));
            int waited = 0;
            while ("yields".equals(poll())) { // or it was the other one
                queues.addLocal(yields);
                waited++;
                assertTrue(waited <= way.within, "it still waits");
            }
            for (int i = 0; i <= phase % 7; i++) {
                assertEquals("yields", poll());
                queues.addLocal(yields);
            }
        }
    }

    @Test
    void theGlobalQueueIsLookedAtWhereNothingElseWaits() {
        for (int i = 0; i < RunQueues.GLOBAL_PERIOD; i++) {
            assertEquals(null, poll());
            global.offer(named("global"));
            assertEquals("global", poll());
        }
    }
}
