package dev.heddle.runtime.internal.channel;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import dev.heddle.runtime.internal.padding.PaddedReference;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An unbounded channel: many senders, one receiver, first in first out for each sender.
 *
 * <p>Offers from any thread, polls from the owner only. Neither blocks, and no stalled sender holds up another sender or
 * the owner. What came before {@code offer} happens-before what follows the {@code poll} that returns the item.
 *
 * @param <T> what is sent
 */
public final class MpscChannel<T> {
    /*
     * Model. A chain of segments. A sender claims a slot of the last one by adding to its counter, and then fills that slot by a
     * compare-and-set; one that claims beyond the end appends a segment in which its item is the first. The owner takes the
     * slots in order. Where one is claimed and not filled it has patience for some microseconds, and then closes the slot by
     * a compare-and-set of its own: the sender, which may have lost its CPU, finds that and claims another. This is the array
     * queue by fetch-and-add of Ramalhete and Correia (2016), with one receiver.
     *
     * INV-3: an item is in its slot from the sender's compare-and-set on, until the owner has taken it. Of the two who
     * compare and set a slot that is claimed, sender and owner, one wins: the item is there, or the sender knows that it is not.
     * A segment is left behind when all its slots have been passed and another follows it: nothing can be put in any more, and a
     * sender that still finds it as the last is sent on.
     *
     * Orderings.
     *   offer: the getAndAdd of `claimed`, or the compare-and-set of `next`, is what a look for work must see, and the
     *          sender's own look at the owner comes after it (INV-5). Both are volatile. The compare-and-set of
     *          the slot, or of `next`, publishes the item.
     *   poll, isEmpty: the read of the slot acquires the item. Only when that is empty does `claimed` decide, or at the end of a
     *          segment `next`: both are read in volatile mode, for this is the look after the owner's announcement (INV-5), so
     *          that it must stand in the one order of all volatile accesses, not merely acquire.
     *   A position is claimed once and a slot filled once: there is no ABA.
     *
     * Rejected. A linked queue whose senders exchange the tail and then link (Vyukov), and array queues whose senders
     * claim an index and then fill it, when the owner can but wait (JCTools): between the two steps a sender that the kernel
     * has descheduled hides all later items from the owner. Here senders share their CPUs with busy carriers, so that this
     * is not rare. A stack that the owner takes whole (Treiber 1986) has no such step; but each of its nodes is a cache
     * miss, and only that node knows where the next one is. ADR 2.
     */

    /** Slots of a segment: half a kilobyte, which an idle core keeps. */
    private static final int SLOTS = 128;

    /** How often the owner looks again at a slot that is claimed and not filled: some microseconds. */
    private static final int PATIENCE_SPINS = 64;

    /** In a slot that the owner has passed without an item. */
    private static final Object CLOSED = new Object();

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle CLAIMED =
            fieldVarHandle(LOOKUP, "claimed", VarHandle.class, Segment.class, int.class);
    private static final VarHandle NEXT = fieldVarHandle(LOOKUP, "next", VarHandle.class, Segment.class, Segment.class);
    private static final VarHandle PASSED =
            fieldVarHandle(LOOKUP, "passed", VarHandle.class, MpscChannel.class, long.class);
    private static final VarHandle HIGHEST_DEPTH =
            fieldVarHandle(LOOKUP, "highestDepth", VarHandle.class, MpscChannel.class, int.class);

    private static final class Segment {
        /** Stands for the next one of a segment that has been left behind. */
        static final Segment LEFT_BEHIND = new Segment(-1, 0);

        /** Of each its item from the sender's compare-and-set until the owner has taken it; or CLOSED. */
        final @Nullable Object[] slots;

        /** The position of its first slot in the channel. */
        final long start;

        /** How many slots have been claimed, and how often it was tried beyond the end. */
        volatile int claimed;

        volatile @Nullable Segment next;

        Segment(long start, int slots) {
            this.start = start;
            this.slots = new @Nullable Object[slots];
        }

        long end() {
            return start + slots.length;
        }
    }

    /** The last segment, or one that was the last. Padded: the owner writes the fields below for each item. */
    private final PaddedReference<Segment> last = new PaddedReference<>();

    private final int patienceSpins;

    /** The segment that the owner is in, its slots, and the position of its end. The owner's. */
    private Segment first;

    private @Nullable Object[] slots;
    private long end;

    /** How far the channel was filled when the owner last looked. The owner's. */
    private long known;

    /** The position of the owner. Written by the owner; read by anyone, for monitoring. */
    private long passed;

    /** The most items that the owner ever found. Written by the owner; read by anyone, for monitoring. */
    @SuppressWarnings("UnusedVariable") // through HIGHEST_DEPTH
    private int highestDepth;

    /** Makes an empty channel. */
    public MpscChannel() {
        this(SLOTS, PATIENCE_SPINS);
    }

    /**
     * Makes an empty channel that comes to all of its steps soon. For tests.
     *
     * @param slots how many slots a segment has; a power of two
     * @param patienceSpins how often the owner looks again at a slot that is claimed and not filled
     */
    public MpscChannel(int slots, int patienceSpins) {
        this.first = new Segment(0, slots);
        this.slots = first.slots;
        this.end = slots;
        this.patienceSpins = patienceSpins;
        last.compareAndSet(null, first);
    }

    /**
     * Sends an item. From any thread; never blocks and never refuses (INV-6).
     *
     * @param item what to send
     */
    public void offer(T item) {
        while (true) {
            Segment segment = Objects.requireNonNull(last.get());
            int slot = (int) CLAIMED.getAndAdd(segment, 1); // volatile: pairs with that of isEmpty()
            @Nullable Object[] all = segment.slots;
            if (slot < all.length ? SLOT.compareAndSet(all, slot, null, item) : append(segment, item)) {
                return;
            }
        }
    }

    /** Appends a segment that begins with the item; false if another sender has, or the owner has left this one behind. */
    private boolean append(Segment full, T item) {
        Segment next = full.next;
        boolean appended = false;
        if (next == null) {
            Segment fresh = new Segment(full.end(), full.slots.length);
            fresh.slots[0] = item;
            fresh.claimed = 1;
            appended = NEXT.compareAndSet(full, null, fresh); // volatile: pairs with that of isEmpty()
            next = full.next;
        }
        if (next != null && next.start > full.start) { // and not LEFT_BEHIND
            last.compareAndSet(full, next);
        }
        return appended;
    }

    /**
     * Takes the oldest item. By the owner only.
     *
     * @return the item, or null if there is none
     */
    public @Nullable T poll() {
        T item = oldest();
        if (item != null) {
            long position = passed;
            if (position >= known) {
                look(position);
            }
            slots[(int) position & (slots.length - 1)] = null;
            PASSED.setOpaque(this, position + 1);
        }
        return item;
    }

    /** Finds the oldest item, having gone past slots without one. */
    @SuppressWarnings("unchecked") // a slot holds a T or CLOSED
    private @Nullable T oldest() {
        while (true) {
            long position = passed;
            if (position == end && !goOn()) {
                return null;
            }
            int slot = (int) position & (slots.length - 1);
            Object item = SLOT.getAcquire(slots, slot); // pairs with the compare-and-set in offer()
            if (item == null) {
                if (slot >= first.claimed) {
                    return null;
                }
                item = await(slot);
            }
            if (!CLOSED.equals(item)) {
                return (T) item;
            }
            PASSED.setOpaque(this, position + 1);
        }
    }

    /** Goes on to the next segment. Returns false if there is none. */
    private boolean goOn() {
        Segment behind = first;
        Segment next = behind.next;
        if (next == null) {
            return false;
        }
        last.compareAndSet(behind, next); // before senders are told to look there
        // A segment that grew old would keep all younger ones from an early death.
        NEXT.setRelease(behind, Segment.LEFT_BEHIND);
        first = next;
        slots = next.slots;
        end = next.end();
        return true;
    }

    /** Waits for the item of a slot that is claimed; when that takes too long, closes the slot. */
    private Object await(int slot) {
        for (int i = 0; i < patienceSpins; i++) {
            Object item = SLOT.getAcquire(slots, slot);
            if (item != null) {
                return item;
            }
            Thread.onSpinWait();
        }
        Object item = SLOT.compareAndExchange(slots, slot, null, CLOSED);
        return item == null ? CLOSED : item;
    }

    /** Notes how far the channel is filled, when the owner has come to the end of what it knew. */
    private void look(long position) {
        known = filled();
        int depth = (int) (known - position);
        if (depth > (int) HIGHEST_DEPTH.get(this)) {
            HIGHEST_DEPTH.setOpaque(this, depth);
        }
    }

    private long filled() {
        Segment segment = Objects.requireNonNull(last.get());
        return segment.start + Math.min(segment.claimed, segment.slots.length);
    }

    /**
     * Tells whether nothing is waiting. By the owner only; in the one order of volatile accesses, so that it may be the
     * second look of a thread that has announced its sleep (INV-5).
     *
     * @return whether the channel is empty
     */
    public boolean isEmpty() {
        return oldest() == null;
    }

    /**
     * Returns how many items are waiting. From any thread; for monitoring, not for synchronization.
     *
     * @return an estimate
     */
    public int depth() {
        return (int) Math.max(0, filled() - (long) PASSED.getOpaque(this));
    }

    /**
     * Returns the most items that were waiting at once when the owner came for them. From any thread; for monitoring.
     *
     * @return an estimate
     */
    public int highestDepth() {
        return Math.max((int) HIGHEST_DEPTH.getOpaque(this), depth());
    }
}
