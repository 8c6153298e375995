package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.runtime.internal.jdk.SocketPoller;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class HeldPollersTest {
    private final Map<Runnable, SocketPoller> known = new HashMap<>();
    private final HeldPollers held = new HeldPollers(known::get);

    private Runnable hold(SocketPoller poller) {
        Runnable continuation = new Runnable() {
            @Override
            public void run() {
                throw new AssertionError("that is for the dispatch loop");
            }
        };
        known.put(continuation, poller);
        held.hold(Objects.requireNonNull(held.prepare(continuation)), continuation);
        return continuation;
    }

    @Test
    void eachIsGivenUpOnce() {
        Set<Runnable> all = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            all.add(hold(() -> 0));
        }
        while (!held.isEmpty()) {
            assertTrue(all.remove(held.giveUp()));
        }
        assertEquals(Set.of(), all);
    }

    @Test
    void whatCannotBeAskedIsNotHeld() {
        assertNull(held.prepare(() -> {}));
        assertTrue(held.isEmpty());
    }

    @Test
    void allAreAsked() {
        List<Integer> asked = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            int number = i;
            hold(() -> {
                asked.add(number);
                return number == 3 ? 1 : 0;
            });
        }
        assertTrue(held.ask());
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), asked);
    }

    @Test
    void thoseThatFindNothingBesideOtherWorkAreGivenUpAfterAFewTurnsInARow() {
        int[] ready = {0};
        hold(() -> ready[0]);
        assertFalse(held.ask());
        for (int i = 0; i < 100; i++) {
            assertFalse(held.isInVain(false));
        }
        for (int i = 0; i < 3; i++) {
            assertFalse(held.isInVain(true));
        }
        ready[0] = 1;
        assertTrue(held.ask());
        for (int i = 0; i < 3; i++) {
            assertFalse(held.isInVain(true));
        }
        assertTrue(held.isInVain(true));
    }

    @Test
    void theOneThatFailsIsTheNextToBeGivenUp() {
        hold(() -> 0);
        Runnable failing = hold(() -> {
            throw new IOException("closed");
        });
        hold(() -> 0);
        assertFalse(held.hasFailed());
        assertTrue(held.ask());
        assertTrue(held.hasFailed());
        assertSame(failing, held.giveUp());
        assertFalse(held.hasFailed());
        assertFalse(held.ask());
    }

    @Test
    void whatCannotBePassedOnIsHeldStill() {
        Set<Runnable> all = new HashSet<>(List.of(hold(() -> 0), hold(() -> 0), hold(() -> 0)));
        Set<Runnable> passedOn = new HashSet<>();
        assertThrows(
                OutOfMemoryError.class,
                () -> held.giveUpAll(continuation -> {
                    if (!passedOn.isEmpty()) {
                        throw new OutOfMemoryError("of this test");
                    }
                    passedOn.add(continuation);
                }));
        held.giveUpAll(continuation -> assertTrue(passedOn.add(continuation)));
        assertEquals(all, passedOn);
        assertTrue(held.isEmpty());
    }
}
