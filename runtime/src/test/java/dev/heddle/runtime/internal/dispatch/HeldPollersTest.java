package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.runtime.internal.jdk.SocketPoller;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class HeldPollersTest {
    private final Map<Runnable, SocketPoller> known = new HashMap<>();
    private final Deque<Runnable> queue = new ArrayDeque<>();
    private final HeldPollers held = new HeldPollers("core of this test", known::get, queue::add);

    private Runnable hold(SocketPoller poller) {
        Runnable continuation = new Runnable() {
            @Override
            public void run() {
                throw new AssertionError("that is for the dispatch loop");
            }
        };
        known.put(continuation, poller);
        assertTrue(held.hold(continuation));
        return continuation;
    }

    /** The owner takes the entry. Returns whether it has a turn. */
    private boolean beginTurn() {
        assertSame(held, queue.remove());
        return held.beginTurn();
    }

    @Test
    void eachIsGivenUpOnceAndTheEntryIsInTheQueueAsLongAsThereAreAny() {
        Set<Runnable> all = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            all.add(hold(() -> 0));
        }
        while (!queue.isEmpty()) {
            assertEquals(1, queue.size());
            assertTrue(beginTurn());
            assertTrue(all.remove(held.giveUp()));
            held.endTurn();
        }
        assertEquals(Set.of(), all);
        assertFalse(held.isInQueue());
    }

    @Test
    void whatCannotBeAskedIsNotHeld() {
        assertFalse(held.hold(() -> {}));
        assertTrue(queue.isEmpty());
    }

    @Test
    void theyAreAskedInTurn() {
        List<Integer> asked = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            hold(() -> {
                asked.add(number);
                return number == 2 ? 1 : 0;
            });
        }
        assertTrue(beginTurn());
        List<Boolean> answers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            answers.add(held.ask());
        }
        assertEquals(List.of(1, 2, 0, 1, 2, 0), asked);
        assertEquals(List.of(false, true, false, false, true, false), answers);
    }

    @Test
    void besideOtherWorkThereAreFewerAndFewerQuestionsUntilItIsInVain() {
        int[] asked = {0};
        int[] ready = {0};
        hold(() -> {
            asked[0]++;
            return ready[0];
        });
        assertTrue(beginTurn());
        List<Integer> turns = new ArrayList<>();
        int turn = 0;
        while (!held.isInVain()) {
            turn++;
            int before = asked[0];
            assertFalse(held.askBesideOthers());
            if (asked[0] != before) {
                turns.add(turn);
            }
        }
        assertEquals(List.of(1, 2, 4, 8, 16, 24, 32, 40, 48, 56, 64), turns);
        held.beginIdle();
        assertFalse(held.isInVain());
        assertFalse(held.askBesideOthers());
        ready[0] = 1;
        assertTrue(held.askBesideOthers());
        ready[0] = 0;
        assertFalse(held.askBesideOthers());
        assertFalse(held.isInVain());
    }

    @Test
    void theOneThatFailsGoesOnByItself() {
        hold(() -> 0);
        Runnable failing = hold(() -> {
            throw new IOException("of this test");
        });
        hold(() -> 0);
        assertTrue(beginTurn());
        while (queue.isEmpty()) {
            held.ask();
        }
        assertSame(failing, queue.remove());
        for (int i = 0; i < 10; i++) {
            assertFalse(held.ask());
        }
        held.giveUp();
        held.giveUp();
        held.endTurn();
        assertTrue(queue.isEmpty());
    }

    @Test
    void whatCannotBePassedOnIsHeldStill() {
        Set<Runnable> all = new HashSet<>(List.of(hold(() -> 0), hold(() -> 0), hold(() -> 0)));
        Set<Runnable> passedOn = new HashSet<>();
        Consumer<Runnable> once = continuation -> {
            if (!passedOn.isEmpty()) {
                throw new OutOfMemoryError("of this test");
            }
            passedOn.add(continuation);
        };
        assertThrows(OutOfMemoryError.class, () -> held.giveUpAll(once));
        assertTrue(held.giveUpAll(continuation -> assertTrue(passedOn.add(continuation))));
        assertEquals(all, passedOn);
        assertFalse(beginTurn());
        assertFalse(held.isInQueue());
        hold(() -> 0);
        assertTrue(beginTurn());
    }

    @Test
    void whatTheMonitorTakesItRunsOnceAndTheOwnerNeverAgain() {
        List<String> run = new ArrayList<>();
        for (String name : List.of("first", "second", "third")) {
            Runnable continuation = () -> {
                run.add(name);
                if (name.equals("second")) {
                    throw new IllegalStateException("of this test");
                }
            };
            known.put(continuation, () -> 0);
            assertTrue(held.hold(continuation));
        }
        held.takeAll();
        assertEquals(List.of("third", "second", "first"), run);
        Runnable later = hold(() -> 0); // before the stale entry had its turn
        assertEquals(1, queue.size());
        assertTrue(beginTurn());
        held.takeAll(); // in its turn they are the owner's
        assertEquals(3, run.size());
        assertSame(later, held.giveUp());
        held.endTurn();
        assertFalse(held.isInQueue());
    }

    @Test
    void whileTheMonitorTakesTheEntryWaitsAndNothingIsHeld() {
        Runnable another = () -> {};
        known.put(another, () -> 0);
        Runnable continuation = () -> {
            assertFalse(beginTurn());
            assertFalse(held.hold(another));
        };
        known.put(continuation, () -> 0);
        assertTrue(held.hold(continuation));
        held.takeAll();
        assertEquals(1, queue.size());
        assertFalse(beginTurn());
        assertTrue(queue.isEmpty());
    }

    @Test
    void aTurnThatWasCutShortIsEndedLater() {
        boolean[] full = {false};
        HeldPollers cut = new HeldPollers("core of this test", known::get, entry -> {
            if (full[0]) {
                throw new OutOfMemoryError("of this test");
            }
            queue.add(entry);
        });
        Runnable continuation = () -> {};
        known.put(continuation, () -> 0);
        assertTrue(cut.hold(continuation));
        assertSame(cut, queue.remove());
        assertTrue(cut.beginTurn());
        full[0] = true;
        assertThrows(OutOfMemoryError.class, cut::endTurn);
        full[0] = false;
        assertTrue(cut.recover());
        assertFalse(cut.recover());
        assertSame(cut, queue.remove());
        assertTrue(cut.beginTurn());
        assertSame(continuation, cut.giveUp());
    }
}
