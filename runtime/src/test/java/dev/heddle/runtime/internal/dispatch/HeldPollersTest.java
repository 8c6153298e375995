package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.heddle.runtime.internal.jdk.SocketPoller;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class HeldPollersTest {
    private final Map<Runnable, SocketPoller> known = new HashMap<>();
    private final Deque<Runnable> queue = new ArrayDeque<>();
    private final HeldPollers held = new HeldPollers("core of this test", known::get, queue::add);

    private boolean isQueueFull;

    private HeldPollers heldBesideAQueueThatMayBeFull() {
        return new HeldPollers("core of this test", known::get, entry -> {
            if (isQueueFull) {
                throw new OutOfMemoryError("of this test");
            }
            queue.add(entry);
        });
    }

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
            answers.add(held.askNext(System.nanoTime()));
        }
        assertEquals(List.of(1, 2, 0, 1, 2, 0), asked);
        assertEquals(List.of(false, true, false, false, true, false), answers);
    }

    @Test
    void besideOtherWorkEachIsAskedSoonAfterASocketWasReadyAndMoreRarelyTheLongerNoneIs() {
        long start = System.nanoTime() + 1_000_000_000;
        List<Long> asked = new ArrayList<>();
        long[] now = {0};
        hold(() -> {
            asked.add(now[0]);
            return now[0] == 0 || now[0] == 4_200_000 ? 1 : 0;
        });
        assertTrue(beginTurn());
        assertTrue(held.askNext(start));
        for (now[0] = 500; now[0] < 1_000_000; now[0] += 500) {
            assertFalse(held.askBesideOthers(start + now[0]));
        }
        assertEquals(List.of(0L, 500L, 2_500L, 4_500L), asked.subList(0, 4));
        for (int i = 1; i < asked.size(); i++) {
            long pause = asked.get(i) - asked.get(i - 1);
            assertTrue(pause >= (i == 1 ? 500 : 2_000) && pause <= 100_000, () -> "asked at " + asked);
            assertTrue(pause <= Math.max(2_000, asked.get(i) / 8 + 500), () -> "asked at " + asked);
        }
        assertTrue(asked.size() < 60, () -> "asked at " + asked);
        assertTrue(queue.isEmpty());

        now[0] = 4_200_000;
        assertTrue(held.askBesideOthers(start + now[0]), "after a long task it is asked before it is let go of");
        assertTrue(queue.isEmpty());
    }

    private void askInVain(int times, long from, long pause) {
        for (int i = 1; i <= times; i++) {
            assertFalse(held.askBesideOthers(from + i * pause));
        }
    }

    /** Asks beside other work until one is let go of, and returns how many questions that took. */
    private int questionsUntilOneIsLetGoOf(long from, long pause) {
        for (int i = 1; i < 1_000; i++) {
            askInVain(1, from + (i - 1) * pause, pause);
            if (!queue.isEmpty()) {
                queue.remove();
                return i;
            }
        }
        return fail("it is held still");
    }

    @Test
    void aCpuThatIsTakenAwayMakesNoPollerQuiet() {
        hold(() -> 0);
        assertTrue(beginTurn());
        assertEquals(
                10, questionsUntilOneIsLetGoOf(System.nanoTime(), 50_000_000), "each after a while without the CPU");
    }

    @Test
    void manyQuestionsInAMomentMakeNoPollerQuiet() {
        long start = System.nanoTime() + 1_000_000_000;
        int[] ready = {1};
        hold(() -> ready[0]);
        assertTrue(beginTurn());
        assertTrue(held.askNext(start));
        ready[0] = 0;
        askInVain(20, start, 2_500);
        assertFalse(held.askBesideOthers(start + 50_000_000));
        assertTrue(queue.isEmpty(), "once more after a while without the CPU");
    }

    @Test
    void whoIsAskedInAnIdleMomentIsNotLetGoOfSoonAfter() {
        long start = System.nanoTime() + 1_000_000_000;
        hold(() -> 0);
        assertTrue(beginTurn());
        askInVain(9, start, 100_000);
        assertFalse(held.askNext(start + 900_000));
        assertEquals(10, questionsUntilOneIsLetGoOf(start + 900_000, 100_000));
    }

    @Test
    void whoHasHadASocketReadyIsNotLetGoOfSoonAfter() {
        long start = System.nanoTime() + 1_000_000_000;
        int[] ready = {0};
        hold(() -> ready[0]);
        assertTrue(beginTurn());
        askInVain(9, start, 100_000);
        ready[0] = 1;
        assertTrue(held.askBesideOthers(start + 1_000_000));
        ready[0] = 0;
        assertEquals(10, questionsUntilOneIsLetGoOf(start + 1_000_000, 5_000_000));
    }

    @Test
    void besideOneThatIsBusyTheQuietOnesAreLetGoOf() {
        long start = System.nanoTime() + 1_000_000_000;
        int[] askedBusy = {0};
        Runnable quiet = hold(() -> 0);
        Runnable busy = hold(() -> {
            askedBusy[0]++;
            return 1;
        });
        Runnable alsoQuiet = hold(() -> 0);
        assertTrue(beginTurn());
        held.askNext(start);
        askedBusy[0] = 0;
        for (int i = 0; i < 90; i++) {
            assertTrue(held.askBesideOthers(start + i * 10_000L));
            assertEquals(i + 1, askedBusy[0], "in each turn");
        }
        assertTrue(queue.isEmpty());
        assertTrue(held.askBesideOthers(start + 1_100_000));
        assertEquals(Set.of(quiet, alsoQuiet), Set.copyOf(queue));
        queue.clear();
        assertSame(busy, held.giveUp());
        held.endTurn();
        assertFalse(held.isInQueue());
    }

    @Test
    void aQuietOneThatThereIsNoMemoryForIsHeldStill() {
        HeldPollers cut = heldBesideAQueueThatMayBeFull();
        Runnable quiet = () -> {};
        known.put(quiet, () -> 0);
        assertTrue(cut.hold(quiet));
        assertSame(cut, queue.remove());
        assertTrue(cut.beginTurn());
        isQueueFull = true;
        long late = System.nanoTime() + 1_000_000_000;
        assertThrows(OutOfMemoryError.class, () -> {
            for (int i = 0; i < 10; i++) {
                cut.askBesideOthers(late + i * 100_000L);
            }
        });
        assertSame(quiet, cut.giveUp());
    }

    @Test
    void outsideOfATurnNobodyIsAsked() {
        hold(() -> {
            throw new AssertionError("the monitor may take it just now");
        });
        assertFalse(held.askNext(System.nanoTime()));
        held.takeAll(continuation -> assertFalse(held.askNext(System.nanoTime())));
        assertFalse(held.askNext(System.nanoTime()));
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
            held.askNext(System.nanoTime());
        }
        assertSame(failing, queue.remove());
        for (int i = 0; i < 10; i++) {
            assertFalse(held.askNext(System.nanoTime()));
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
    void whatTheMonitorTakesTheOwnerNeverHasAgain() {
        Set<Runnable> all = new HashSet<>(List.of(hold(() -> 0), hold(() -> 0), hold(() -> 0)));
        Set<Runnable> taken = new HashSet<>();
        assertTrue(held.takeAll(continuation -> assertTrue(taken.add(continuation))));
        assertEquals(all, taken);
        assertFalse(held.mayBeTaken());
        Runnable later = hold(() -> 0); // before the stale entry had its turn
        assertEquals(1, queue.size());
        assertTrue(beginTurn());
        assertFalse(held.takeAll(continuation -> fail("there is none")), "in its turn they are the owner's");
        assertSame(later, held.giveUp());
        held.endTurn();
        assertFalse(held.isInQueue());
    }

    @Test
    void whatTheMonitorHasNoMemoryForIsHeldStill() {
        Runnable first = hold(() -> 0);
        hold(() -> 0);
        int[] taken = {0};
        assertThrows(
                OutOfMemoryError.class,
                () -> held.takeAll(continuation -> {
                    if (taken[0]++ == 1) {
                        throw new OutOfMemoryError("of this test");
                    }
                }));
        assertTrue(beginTurn());
        assertSame(first, held.giveUp());
        held.endTurn();
        assertFalse(held.isInQueue());
    }

    @Test
    void whileTheMonitorTakesTheEntryWaitsAndNothingIsHeld() {
        Runnable another = () -> {};
        known.put(another, () -> 0);
        hold(() -> 0);
        assertTrue(held.takeAll(continuation -> {
            assertFalse(beginTurn());
            assertFalse(held.hold(another));
            assertFalse(held.giveUpAll(other -> fail("there is none")));
        }));
        assertEquals(1, queue.size());
        assertFalse(beginTurn());
        assertTrue(queue.isEmpty());
    }

    /** Owner and monitor at once: no poller is asked by two or after it was taken, and each continuation is in one place. */
    @Test
    void ownerAndMonitorHaveEachPollerInTurn() throws Exception {
        int pollers = 3;
        Queue<Runnable> global = new ConcurrentLinkedQueue<>();
        AtomicReference<String> wrong = new AtomicReference<>();
        class Poller implements SocketPoller, Runnable {
            final AtomicBoolean isBeingAsked = new AtomicBoolean();
            final AtomicBoolean isElsewhere = new AtomicBoolean();

            @Override
            public int poll() {
                if (!isBeingAsked.compareAndSet(false, true) || isElsewhere.get()) {
                    wrong.set("asked by two, or after it was taken");
                }
                Thread.onSpinWait();
                isBeingAsked.set(false);
                return 0;
            }

            void passedOn() {
                if (isBeingAsked.get() || !isElsewhere.compareAndSet(false, true)) {
                    wrong.set("passed on by two, or while it was asked");
                }
                global.add(this);
            }

            @Override
            public void run() {
                throw new AssertionError("that is for the dispatch loop");
            }
        }
        for (int i = 0; i < pollers; i++) {
            Poller poller = new Poller();
            known.put(poller, poller);
            poller.passedOn();
        }
        AtomicBoolean done = new AtomicBoolean();
        AtomicInteger taken = new AtomicInteger();
        Thread monitor = new Thread(() -> {
            while (!done.get()) {
                if (held.takeAll(poller -> ((Poller) poller).passedOn())) {
                    taken.incrementAndGet();
                }
            }
        });
        monitor.start();
        try {
            for (int i = 0; i < 5_000_000 && wrong.get() == null; i++) {
                Poller arrived = (Poller) global.poll();
                if (arrived != null) {
                    arrived.isElsewhere.set(false);
                    if (!held.hold(arrived)) {
                        arrived.passedOn();
                    }
                }
                held.askNext(System.nanoTime()); // as a core that spins does, in whatever state
                Runnable entry = queue.poll();
                if (entry != null && held.beginTurn()) {
                    held.askNext(System.nanoTime());
                    if ((i & 15) == 0) {
                        ((Poller) held.giveUp()).passedOn();
                    }
                    held.endTurn();
                }
                if ((i & 255) == 0) {
                    held.giveUpAll(poller -> ((Poller) poller).passedOn());
                }
            }
        } finally {
            done.set(true);
            monitor.join();
        }
        assertNull(wrong.get());
        assertNotEquals(0, taken.get());
        held.giveUpAll(poller -> ((Poller) poller).passedOn());
        assertEquals(pollers, global.size());
        assertTrue(queue.size() <= 1, () -> "the entry is there " + queue.size() + " times");
    }

    @Test
    void aTurnThatWasCutShortIsEndedLater() {
        HeldPollers cut = heldBesideAQueueThatMayBeFull();
        Runnable continuation = () -> {};
        known.put(continuation, () -> 0);
        assertTrue(cut.hold(continuation));
        assertSame(cut, queue.remove());
        assertTrue(cut.beginTurn());
        isQueueFull = true;
        assertThrows(OutOfMemoryError.class, cut::endTurn);
        isQueueFull = false;
        assertTrue(cut.isInTurn());
        cut.endTurn();
        assertFalse(cut.isInTurn());
        assertSame(cut, queue.remove());
        assertTrue(cut.beginTurn());
        assertSame(continuation, cut.giveUp());
    }
}
