package dev.heddle.runtime.internal.queue;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An unbounded queue of one thread at a time, first in first out. All methods but {@link #size()} are the owner's; owners
 * that follow each other must be ordered by what makes them owners.
 *
 * @param <T> what waits
 */
public final class LocalQueue<T> {
    /*
     * A ring that doubles. Not java.util.ArrayDeque: that one links its new element in before it grows, so that an
     * OutOfMemoryError, which the JDK survives by calling the scheduler again, would leave it looking empty (INV-3).
     * Here the ring grows first, and an item counts from the write of `size` on.
     *
     * A ring that has not grown is replaced now and then, so that it is young: up to JDK 25 G1 has a full fence behind each reference
     * that is written into an old object (ADR 6).
     */
    private static final int INITIAL = 64;

    /** A ring that a burst has made longer than this is given back when it is empty. */
    private static final int KEPT = 4096;

    /** How many items are added before a ring is replaced. */
    private static final int ADDED_TO_ONE = 1024;

    private static final VarHandle SIZE =
            fieldVarHandle(MethodHandles.lookup(), "size", VarHandle.class, LocalQueue.class, int.class);

    private @Nullable Object[] items = new @Nullable Object[INITIAL];
    private int head;

    /** How many more items are added before the ring is replaced. */
    private int untilRenewal = ADDED_TO_ONE;

    /** Written by the owner; read by anyone, for monitoring. */
    private int size;

    /** Makes an empty queue. */
    public LocalQueue() {}

    /** Puts an item behind all others. */
    public void add(T item) {
        makeRoom();
        if (--untilRenewal <= 0) { // or below: the stack may overflow in renew()
            renew();
        }
        items[(head + size) & (items.length - 1)] = item;
        SIZE.setOpaque(this, size + 1);
    }

    /** Sees to it that one more item can be added without memory for it. */
    public void makeRoom() {
        if (size == items.length) {
            resize(2 * size);
        }
    }

    /** Takes the oldest item, or returns null if there is none. */
    public @Nullable T poll() {
        if (size != 0) {
            return removeFirst();
        }
        if (items.length > KEPT) {
            items = new @Nullable Object[INITIAL];
            head = 0;
        }
        return null;
    }

    /** Takes the item at a position, 0 for the oldest; the order of the others changes. */
    public T removeAt(int position) {
        int first = head;
        int chosen = (head + position) & (items.length - 1);
        Object swapped = items[first];
        items[first] = items[chosen];
        items[chosen] = swapped;
        return removeFirst();
    }

    @SuppressWarnings({"unchecked", "NullAway"}) // the first size items are T
    private T removeFirst() {
        T item = (T) items[head];
        items[head] = null;
        head = (head + 1) & (items.length - 1);
        SIZE.setOpaque(this, size - 1);
        return item;
    }

    /** Whether nothing waits. */
    public boolean isEmpty() {
        return size == 0;
    }

    /** How many items wait. From any thread, for monitoring; exact for the owner. */
    public int size() {
        return (int) SIZE.getOpaque(this);
    }

    /** What the items are in at present. For tests. */
    Object ring() {
        return items;
    }

    /** Where there is no memory for a new ring, the old one stays. */
    private void renew() {
        untilRenewal = ADDED_TO_ONE;
        if (items.length == INITIAL) {
            try {
                resize(INITIAL);
            } catch (OutOfMemoryError e) {
                // Each item costs some nanoseconds more.
            }
        }
    }

    private void resize(int capacity) {
        @Nullable Object[] resized = new @Nullable Object[capacity];
        int upToTheEnd = items.length - head;
        System.arraycopy(items, head, resized, 0, upToTheEnd);
        System.arraycopy(items, 0, resized, upToTheEnd, head);
        Arrays.fill(items, null); // if it has grown old, what is in it would live as long as that
        items = resized;
        head = 0;
    }
}
