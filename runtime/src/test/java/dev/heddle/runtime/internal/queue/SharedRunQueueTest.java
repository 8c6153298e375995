package dev.heddle.runtime.internal.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

final class SharedRunQueueTest {
    private final SharedRunQueue<Integer> queue = new SharedRunQueue<>();

    @Test
    void whatIsPutInComesOutInOrderAndIsCounted() {
        assertTrue(queue.isEmpty());
        assertNull(queue.poll());
        queue.offer(1);
        queue.offer(2);
        assertFalse(queue.isEmpty());
        assertEquals(2, queue.size());
        assertEquals(1, queue.poll());
        assertEquals(2, queue.poll());
        assertEquals(0, queue.size());
        assertTrue(queue.isEmpty());
    }

    @Test
    void everyItemComesOutOnceForManyOnEitherSide() throws InterruptedException {
        int items = 200_000;
        AtomicIntegerArray taken = new AtomicIntegerArray(items);
        AtomicInteger left = new AtomicInteger(items);
        AtomicInteger next = new AtomicInteger();
        Thread[] threads = new Thread[4];
        for (int t = 0; t < threads.length; t++) {
            boolean sends = t < 2;
            threads[t] = Thread.ofPlatform().start(() -> {
                for (int i; sends && (i = next.getAndIncrement()) < items; ) {
                    queue.offer(i);
                }
                while (!sends && left.get() > 0) {
                    Integer item = queue.poll();
                    if (item != null) {
                        taken.incrementAndGet(item);
                        left.decrementAndGet();
                    }
                }
            });
        }
        for (Thread thread : threads) {
            thread.join();
        }
        for (int i = 0; i < items; i++) {
            assertEquals(1, taken.get(i), "item " + i);
        }
        assertEquals(0, queue.size());
    }
}
