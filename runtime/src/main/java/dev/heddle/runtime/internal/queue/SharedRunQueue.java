package dev.heddle.runtime.internal.queue;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An unbounded queue that anyone fills and anyone empties, with a count. Nobody blocks. What came before an {@code offer}
 * happens-before what follows the {@code poll} that returns the item.
 *
 * @param <T> what waits
 */
public final class SharedRunQueue<T> {
    /*
     * The JDK's lock-free queue (Michael and Scott 1996). The link of an item and the look at the first one are volatile, so
     * that isEmpty may be the look after an announcement (INV-5). The count beside it, for which the queue itself would have
     * to walk, only guides how much is taken at once: it is an estimate, raised before the link.
     */
    private final ConcurrentLinkedQueue<T> items = new ConcurrentLinkedQueue<>();
    private final AtomicInteger size = new AtomicInteger();

    /** Makes an empty queue. */
    public SharedRunQueue() {}

    /** Puts an item behind all others. */
    public void offer(T item) {
        size.getAndIncrement();
        boolean linked = false;
        try {
            linked = items.add(item);
        } finally {
            if (!linked) {
                size.getAndDecrement(); // no memory for the link: the caller hears of it
            }
        }
    }

    /** Takes the oldest item, or returns null. */
    public @Nullable T poll() {
        if (size.get() <= 0) {
            return null; // nothing is linked that is not counted, and this look is cheaper
        }
        T item = items.poll();
        if (item != null) {
            size.getAndDecrement();
        }
        return item;
    }

    /** Whether nothing waits. */
    public boolean isEmpty() {
        return items.isEmpty();
    }

    /** How many items wait: an estimate. */
    public int size() {
        return size.get();
    }
}
