package dev.heddle.runtime.internal.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class LocalQueueTest {
    private final LocalQueue<Integer> queue = new LocalQueue<>();

    /** Random steps, beside the JDK's queue, through growth, going round, and being given back. */
    @Test
    void itBehavesAsAQueue() {
        Random random = new Random(42);
        Queue<Integer> model = new ArrayDeque<>();
        for (int burst : new int[] {10, 1_000, 100, 20_000, 5, 50_000}) {
            for (int i = 0; i < burst; i++) {
                queue.add(i);
                model.add(i);
                if (random.nextInt(3) == 0) {
                    assertEquals(model.poll(), queue.poll());
                }
            }
            assertEquals(model.size(), queue.size());
            while (!model.isEmpty()) {
                assertEquals(model.poll(), queue.poll());
            }
            assertTrue(queue.isEmpty());
            assertNull(queue.poll());
        }
    }

    /** It would grow old. */
    @Test
    void aRingThatHasNotGrownIsReplaced() {
        for (int time = 0; time < 3; time++) {
            Object ring = queue.ring();
            for (int i = 0; i < 1024; i++) {
                queue.add(i);
                assertEquals(i, queue.poll());
            }
            assertNotSame(ring, queue.ring());
        }
    }

    /** Some thousand items through a ring that need not grow, and is replaced meanwhile, wherever its oldest item is. */
    @Test
    void aSmallRingIsReplacedAsItIs() {
        Random random = new Random(44);
        Queue<Integer> model = new ArrayDeque<>();
        for (int i = 0; i < 100_000; i++) {
            if (model.size() < 50 && random.nextBoolean()) {
                queue.add(i);
                model.add(i);
            } else {
                assertEquals(model.poll(), queue.poll());
            }
            assertEquals(model.size(), queue.size());
        }
    }

    @Test
    void removingAtAnyPositionTakesEachItemOnce() {
        Random random = new Random(43);
        TreeSet<Integer> seen = new TreeSet<>();
        for (int i = 0; i < 1_000; i++) {
            queue.add(i);
        }
        while (!queue.isEmpty()) {
            assertTrue(seen.add(queue.removeAt(random.nextInt(queue.size()))));
        }
        assertEquals(1_000, seen.size());
    }
}
