package dev.heddle.runtime.internal.queue;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;
import static java.lang.invoke.MethodHandles.arrayElementVarHandle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A ring of {@value #CAPACITY} that its owner fills and empties at either end, and thieves empty at the old one, half at a
 * time. Nobody blocks. What came before an {@code offer} happens-before what follows the taking of the item.
 *
 * @param <T> what waits
 */
public final class StealableRunQueue<T> {
    /*
     * Model. One word says which slots are taken: where the oldest item is (8 bits), how many there are (9 bits), and a
     * version (47 bits) that every step raises. Every step is a compare-and-set of that word. The owner alone writes slots,
     * and only ones that the word calls free.
     *
     * INV-3. Whoever takes items reads the word, reads their slots, and then compares and sets. If that succeeds the version
     * was the same all the while, so the slots were taken all the while, so the owner did not write them: the items read
     * are the items of the word, and the step took each of them from everybody else. The version cannot come round: at
     * 1 ns a step it takes 39 hours, and a thief would have to sleep for exactly that long.
     *
     * Orderings. The owner's compare-and-set in offer (volatile, thus a release) publishes its slot; the volatile read of
     * the word in take pairs with it. The slots are read in opaque mode, before the compare-and-set, which no earlier
     * read passes.
     *
     * Rejected. Go's ring (head by compare-and-set, tail by a release store): its owner takes the oldest only, and a tree
     * of tasks then grows to its full breadth before the first leaf ends. Chase and Lev's deque: the owner takes the
     * newest without a compare-and-set, and for that a thief may take only one. Here the owner pays a compare-and-set, which
     * nobody contends for but a thief, to have both.
     */

    /** How many items there is room for. */
    public static final int CAPACITY = 256;

    private static final int MASK = CAPACITY - 1;
    private static final int COUNT_BITS = 9;
    private static final int HEAD_BITS = 8;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
    private static final int VERSION_SHIFT = COUNT_BITS + HEAD_BITS;

    private static final VarHandle WORD =
            fieldVarHandle(MethodHandles.lookup(), "word", VarHandle.class, StealableRunQueue.class, long.class);
    private static final VarHandle SLOTS = arrayElementVarHandle(Object[].class);

    private final @Nullable Object[] slots = new @Nullable Object[CAPACITY];

    private volatile long word;

    /** Makes an empty ring. */
    public StealableRunQueue() {}

    /** Owner: puts an item behind all others. Returns false if the ring is full. */
    public boolean offer(T item) {
        while (true) {
            long seen = word;
            if (count(seen) == CAPACITY) {
                return false;
            }
            SLOTS.setOpaque(slots, (head(seen) + count(seen)) & MASK, item);
            if (step(seen, head(seen), count(seen) + 1)) {
                return true;
            }
        }
    }

    /** Owner: takes the item that has waited longest, or returns null. */
    public @Nullable T pollOldest() {
        while (true) {
            long seen = word;
            if (count(seen) == 0) {
                return null;
            }
            T item = slot(head(seen));
            if (step(seen, head(seen) + 1, count(seen) - 1)) {
                slots[head(seen)] = null;
                return item;
            }
        }
    }

    /** Owner: takes the item that came last, or returns null. */
    public @Nullable T pollNewest() {
        while (true) {
            long seen = word;
            if (count(seen) == 0) {
                return null;
            }
            int newest = (head(seen) + count(seen) - 1) & MASK;
            T item = slot(newest);
            if (step(seen, head(seen), count(seen) - 1)) {
                slots[newest] = null;
                return item;
            }
        }
    }

    /**
     * Anyone: takes the older half, rounded up, oldest first.
     *
     * @param into room for {@link #CAPACITY} / 2 items
     * @return how many were taken
     */
    public int takeHalf(@Nullable Object[] into) {
        while (true) {
            long seen = word;
            int taken = count(seen) - count(seen) / 2;
            for (int i = 0; i < taken; i++) {
                into[i] = SLOTS.getOpaque(slots, (head(seen) + i) & MASK);
            }
            if (taken == 0 || step(seen, head(seen) + taken, count(seen) - taken)) {
                return taken;
            }
        }
    }

    /** Whether nothing waits. In the one order of volatile accesses, so that it may be the look after an announcement. */
    public boolean isEmpty() {
        return count(word) == 0;
    }

    /** How many items wait. */
    public int size() {
        return count(word);
    }

    /** Owner: forgets what thieves have taken, so that a ring that is idle keeps nothing alive. */
    public void clearFree() {
        long seen = word;
        for (int i = count(seen); i < CAPACITY; i++) {
            slots[(head(seen) + i) & MASK] = null;
        }
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // null or another item's only where the step that follows fails
    private T slot(int index) {
        return (T) SLOTS.getOpaque(slots, index);
    }

    private boolean step(long seen, int head, int count) {
        long next = ((seen >>> VERSION_SHIFT) + 1) << VERSION_SHIFT | (long) (head & MASK) << COUNT_BITS | count;
        return WORD.compareAndSet(this, seen, next);
    }

    private static int head(long word) {
        return (int) (word >>> COUNT_BITS) & MASK;
    }

    private static int count(long word) {
        return (int) (word & COUNT_MASK);
    }
}
