package dev.heddle.benchmarks.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HoldUpsTest {
    private static final long START = Long.MAX_VALUE - 1_000_000; // nanoTime may be anything

    private final HoldUps holdUps = new HoldUps(START);

    @Test
    void whoLooksOftenWasNotHeldUp() {
        for (int i = 1; i <= 100; i++) {
            holdUps.look(START + i * 200_000L);
            holdUps.beginPass();
            assertFalse(holdUps.mayHaveDelayedThisPass());
        }
        assertEquals(START, holdUps.until());
    }

    @Test
    void whatThePassAfterAGapFindsMayHaveWaited() {
        holdUps.look(START + 200_001);
        assertEquals(START + 200_001, holdUps.until());
        holdUps.beginPass();
        assertTrue(holdUps.mayHaveDelayedThisPass());
        holdUps.look(START + 210_000);
        holdUps.beginPass();
        assertFalse(holdUps.mayHaveDelayedThisPass());
        assertEquals(START + 200_001, holdUps.until());
    }

    @Test
    void whatIsLeftOfThePassWithTheGapMayHaveWaitedToo() {
        holdUps.beginPass();
        holdUps.look(START + 100_000);
        assertFalse(holdUps.mayHaveDelayedThisPass());
        holdUps.look(START + 400_000);
        assertTrue(holdUps.mayHaveDelayedThisPass());
        holdUps.beginPass();
        assertTrue(holdUps.mayHaveDelayedThisPass(), "what came meanwhile is found by the next one");
        holdUps.beginPass();
        assertFalse(holdUps.mayHaveDelayedThisPass());
    }
}
