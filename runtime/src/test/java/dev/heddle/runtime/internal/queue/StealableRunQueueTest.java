package dev.heddle.runtime.internal.queue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class StealableRunQueueTest {
    private final StealableRunQueue<Integer> ring = new StealableRunQueue<>();
    private final @Nullable Object[] into = new @Nullable Object[StealableRunQueue.CAPACITY / 2];

    @Test
    void theOwnerTakesFromEitherEnd() {
        assertTrue(ring.isEmpty());
        assertNull(ring.pollOldest());
        assertNull(ring.pollNewest());
        for (int i = 0; i < 4; i++) {
            assertTrue(ring.offer(i));
        }
        assertEquals(0, ring.pollOldest());
        assertEquals(3, ring.pollNewest());
        assertEquals(2, ring.size());
        assertEquals(1, ring.pollOldest());
        assertEquals(2, ring.pollNewest());
        assertTrue(ring.isEmpty());
    }

    @Test
    void itIsFullAtItsCapacityAndSoAgainAfterGoingRound() {
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < StealableRunQueue.CAPACITY; i++) {
                assertTrue(ring.offer(i));
            }
            assertFalse(ring.offer(-1));
            for (int i = 0; i < StealableRunQueue.CAPACITY; i++) {
                assertEquals(i, ring.pollOldest());
            }
            ring.offer(-2); // so that the next round begins elsewhere
            assertEquals(-2, ring.pollNewest());
            ring.offer(-3);
            assertEquals(-3, ring.pollOldest());
        }
    }

    @Test
    void aThiefTakesTheOlderHalfRoundedUpOldestFirst() {
        for (int i = 0; i < 5; i++) {
            ring.offer(i);
        }
        assertEquals(3, ring.takeHalf(into));
        assertArrayEquals(new Object[] {0, 1, 2}, Arrays.copyOf(into, 3));
        assertEquals(1, ring.takeHalf(into));
        assertEquals(3, into[0]);
        assertEquals(1, ring.takeHalf(into));
        assertEquals(4, into[0]);
        assertEquals(0, ring.takeHalf(into));
    }

    @Test
    void whatIsTakenIsKeptAliveByNoSlot() {
        StealableRunQueue<Object> objects = new StealableRunQueue<>();
        WeakReference<Object> polled = offerNew(objects);
        objects.pollOldest();
        WeakReference<Object> stolen = offerNew(objects);
        objects.takeHalf(into);
        into[0] = null;
        objects.clearFree();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while ((polled.get() != null || stolen.get() != null) && System.nanoTime() < deadline) {
            System.gc();
        }
        assertNull(polled.get());
        assertNull(stolen.get());
    }

    private static WeakReference<Object> offerNew(StealableRunQueue<Object> objects) {
        Object object = new Object();
        objects.offer(object);
        return new WeakReference<>(object);
    }

    /** Owner at both ends against thieves: each item comes out once, whoever takes it. */
    @Test
    void everyItemIsTakenOnceHoweverManyThievesThereAre() throws InterruptedException {
        int items = 300_000;
        AtomicIntegerArray taken = new AtomicIntegerArray(items);
        AtomicBoolean done = new AtomicBoolean();
        Thread[] thieves = new Thread[2];
        for (int t = 0; t < thieves.length; t++) {
            thieves[t] = Thread.ofPlatform().start(() -> {
                @Nullable Object[] mine = new @Nullable Object[StealableRunQueue.CAPACITY / 2];
                while (!done.get() || !ring.isEmpty()) {
                    int n = ring.takeHalf(mine);
                    for (int i = 0; i < n; i++) {
                        if (mine[i] instanceof Integer item) {
                            taken.incrementAndGet(item);
                        }
                    }
                }
            });
        }
        int next = 0;
        while (next < items) {
            for (int i = 0; i < 7 && next < items; i++) {
                if (ring.offer(next)) {
                    next++;
                }
            }
            for (int i = 0; i < 3; i++) {
                Integer item = (i & 1) == 0 ? ring.pollNewest() : ring.pollOldest();
                if (item != null) {
                    taken.incrementAndGet(item);
                }
            }
        }
        done.set(true);
        for (Thread thief : thieves) {
            thief.join();
        }
        for (int i = 0; i < items; i++) {
            assertEquals(1, taken.get(i), "item " + i);
        }
    }
}
