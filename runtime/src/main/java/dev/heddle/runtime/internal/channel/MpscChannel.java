package dev.heddle.runtime.internal.channel;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import dev.heddle.runtime.internal.padding.PaddedLong;
import dev.heddle.runtime.internal.padding.PaddedReference;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An unbounded channel: many senders, one receiver, first in first out for each sender.
 *
 * <p>Offers from any thread, polls from the owner only. Neither blocks, no stalled sender holds up another one, and what each has
 * claimed holds up the owner for two microseconds at most. What came before {@code offer} happens-before what follows the {@code poll} that returns the item.
 *
 * @param <T> what is sent
 */
public final class MpscChannel<T> {
    /*
     * Model. A chain of segments. A sender claims a slot of the last one by adding to its counter, and then fills that slot by a
     * compare-and-set; one that claims beyond the end appends a segment in which its item is the first. The owner takes the
     * slots in order. Where one is claimed and not filled it waits for two microseconds, and then closes the slot by
     * a compare-and-set of its own: the sender, which may have lost its CPU, finds that and claims another. This is the array
     * queue by fetch-and-add of Ramalhete and Correia (2016), with one receiver.
     *
     * Beside it is the direct slot, on a cache line of its own. An owner that has found nothing, or nothing behind the item
     * that it took from there, leaves it open, and the next sender fills it by one compare-and-set: where items come one by one,
     * that line is all that goes from sender to owner and back, and not those of a counter and of a slot. Before the owner takes
     * from a segment it closes it: what comes in quick succession goes into segments, many at a time, and no sender reads the
     * owner's position then.
     *
     * Order of what one sender sends, or several of which each has heard of the one before, across the two.
     *   Who fills the direct slot has none of its own items in a segment. It has looked at `last` and at the owner's position
     *   after it sent them: they are in that segment, or one before, for whoever offered into a later one has moved `last`
     *   there or read it there; and so they are below the claims of that segment, which the position equals. (It may be a coincidence, of
     *   a `last` that is late or of claims beyond the end: then others have items behind that position, and it has none.)
     *   The owner takes what is in the direct slot first. From a segment it takes only where that was closed, or where it
     *   has closed it after it has read the segment's item: if the sender of that had filled the direct slot before, the
     *   compare-and-set that closes it fails.
     * It is one queue for all of them: an item that overtakes others by the direct slot was being sent before they were claimed, and as long
     * as they wait no poll finds nothing, so that it may be taken for the one that came first.
     *
     * INV-3: an item is in its slot from the sender's compare-and-set on, until the owner has taken it. Of all who compare and
     * set a slot that is claimed, or the direct one while it is open, senders and owner, one wins: the item is there, or the
     * sender knows that it is not.
     * A segment is left behind when all its slots have been passed and another follows it: nothing can be put in any more, and a
     * sender that still finds it as the last is sent on.
     *
     * Orderings.
     *   offer:   the claim is volatile: pairs with that of isEmpty(). The compare-and-set of the slot, of the direct one, or
     *            of `next`, publishes the item. Volatile: the sender's look at the owner comes after it (INV-5).
     *   poll:    the read of the slot, of the direct one, or of `next`, acquires the item. The position is released after the
     *            item is out of its slot, and read by who fills the direct slot. That this is open is released too: the
     *            sender's compare-and-set comes after it and before its look at the owner, and so either before the
     *            owner's look in isEmpty(), or after the owner's announcement (INV-5).
     *   hasNext: the same reads, in acquire mode and volatile: a hint for the owner, and no part of INV-5.
     *   isEmpty: reads the direct slot, `claimed`, the slots below it, and `next` in volatile mode: it is the look after the
     *            owner's announcement, so it must stand in the one order of all volatile accesses, not merely acquire. A slot
     *            that it finds empty is filled later, and then the sender's look finds the announcement; so is one that was
     *            not claimed. It writes nothing: after its announcement the owner may have a successor.
     *   A position is claimed once and a slot filled once: there is no ABA. The direct slot is opened again and again, but
     *   what a sender has looked for stays so, however late it fills it: that it has no item in a segment.
     *
     * Rejected. A linked queue whose senders exchange the tail and then link (Vyukov), and array queues whose senders
     * claim an index and then fill it, when the owner can but wait (JCTools): between the two steps a sender that the kernel
     * has descheduled hides all later items from the owner. Here senders share their CPUs with busy carriers, so that this
     * is not rare. A stack that the owner takes whole (Treiber 1986) has no such step; but each of its nodes is a cache
     * miss, and only that node knows where the next one is. ADR 2.
     */

    /** Slots of a segment: half a kilobyte, which an idle core keeps. */
    private static final int SLOTS = 128;

    /** How long the owner waits for the item of a slot that is claimed: many times what a sender takes that has its CPU. */
    private static final long PATIENCE_NANOS = 2_000;

    /** In a slot that the owner has passed without an item. */
    private static final Object CLOSED = new Object();

    /** In the direct slot, which a sender may fill. */
    private static final Object OPEN = new Object();

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final VarHandle CLAIMED =
            fieldVarHandle(LOOKUP, "claimed", VarHandle.class, Segment.class, int.class);
    private static final VarHandle NEXT = fieldVarHandle(LOOKUP, "next", VarHandle.class, Segment.class, Segment.class);
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

    /** The last segment, or one that was the last. */
    private final PaddedReference<Segment> last = new PaddedReference<>();

    /** The direct slot: null while it is closed, else OPEN or an item. A sender makes OPEN an item; every other step is the owner's. */
    private final PaddedReference<Object> direct = new PaddedReference<>();

    private final long patienceNanos;

    /** The position of the owner. Written by the owner for each item of a segment; read by senders while the direct slot is open. */
    private final PaddedLong passed = new PaddedLong();

    /** How far the channel was filled when the owner last looked. The owner's; written for each item of a segment, where they come one by one. */
    private final PaddedLong known = new PaddedLong();

    // The owner's, all written once for a segment or for what it finds at once, and not for each item: senders read
    // `last` beside them.

    /** The segment that the owner is in, its slots, and the position of its end. */
    private Segment first;

    private @Nullable Object[] slots;
    private long end;

    /** The most items that the owner ever found. Written by the owner; read by anyone, for monitoring. */
    @SuppressWarnings("UnusedVariable") // through HIGHEST_DEPTH
    private int highestDepth;

    /** Makes an empty channel. */
    public MpscChannel() {
        this(SLOTS, PATIENCE_NANOS);
    }

    /**
     * Makes an empty channel that comes to all of its steps soon. For tests.
     *
     * @param slots how many slots a segment has; a power of two
     * @param patienceNanos how long the owner waits for the item of a slot that is claimed
     */
    public MpscChannel(int slots, long patienceNanos) {
        if (Integer.bitCount(slots) != 1) {
            throw new IllegalArgumentException("a segment has a power of two of slots, not " + slots);
        }
        this.first = new Segment(0, slots);
        this.slots = first.slots;
        this.end = slots;
        this.patienceNanos = patienceNanos;
        last.compareAndSet(null, first);
    }

    /**
     * Sends an item. From any thread; never blocks and never refuses (INV-6).
     *
     * @param item what to send
     */
    public void offer(T item) {
        Objects.requireNonNull(item, "item");
        if (isOpen(direct.get())
                && hasNoneInSegments()
                && direct.compareAndSet(OPEN, item)) { // pairs with poll(), isEmpty()
            return;
        }
        while (true) {
            Segment segment = Objects.requireNonNull(last.get());
            int slot = (int) CLAIMED.getAndAdd(segment, 1);
            @Nullable Object[] all = segment.slots;
            if (slot < all.length ? SLOT.compareAndSet(all, slot, null, item) : append(segment, item)) {
                return;
            }
        }
    }

    /** A sender: whether the owner has taken all that it has sent so far, as far as that can be told by one look at the last segment. */
    private boolean hasNoneInSegments() {
        Segment segment = Objects.requireNonNull(last.get());
        return segment.start + segment.claimed == passed.get(); // pairs with the releases in poll()
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
    @SuppressWarnings("unchecked") // a slot holds a T or CLOSED
    public @Nullable T poll() {
        Object found = direct.get(); // pairs with the compare-and-set in offer()
        if (found != null && !isOpen(found)) {
            return (T) takeDirect(found);
        }
        while (true) {
            long position = passed.get();
            if (position == end && !goOn()) {
                openIfClosed(found);
                return null;
            }
            @Nullable Object[] all = slots;
            int slot = (int) position & (all.length - 1);
            Object item = SLOT.getAcquire(all, slot); // pairs with the compare-and-set in offer()
            if (item == null) {
                if (slot >= first.claimed) {
                    openIfClosed(found);
                    return null;
                }
                item = await(all, slot);
            }
            if (CLOSED.equals(item)) {
                passed.setRelease(position + 1);
                continue;
            }
            if (found != null && !direct.compareAndSet(OPEN, null)) {
                return (T) takeDirect(Objects.requireNonNull(direct.get())); // which may have been sent before
            }
            if (position >= known.get()) {
                look(position);
            }
            all[slot] = null;
            passed.setRelease(position + 1);
            return (T) item;
        }
    }

    @SuppressWarnings("ReferenceEquality") // a sender's item may say that it equals anything
    private static boolean isOpen(@Nullable Object found) {
        return found == OPEN;
    }

    private boolean holdsDirect() {
        Object found = direct.get();
        return found != null && !isOpen(found);
    }

    private void openIfClosed(@Nullable Object found) {
        if (found == null) {
            direct.setRelease(OPEN); // pairs with offer()
        }
    }

    /** Takes what is in the direct slot, and closes that if there is something in a segment too. */
    private Object takeDirect(Object item) {
        boolean hasMore = hasNextInSegments();
        noteDepth(hasMore ? depth() : 1);
        direct.setRelease(hasMore ? null : OPEN); // pairs with offer()
        return item;
    }

    /** Goes on to the next segment. Returns false if there is none. */
    private boolean goOn() {
        Segment behind = first;
        Segment next = behind.next;
        if (next == null) {
            return false;
        }
        last.compareAndSet(behind, next); // before senders are told to look there
        end = next.end();
        slots = next.slots;
        first = next;
        behind.next = Segment.LEFT_BEHIND; // a segment that grew old would keep all younger ones from an early death
        return true;
    }

    /** Waits for the item of a slot that is claimed; when that takes too long, closes the slot. */
    private Object await(@Nullable Object[] all, int slot) {
        long start = System.nanoTime();
        do {
            Object item = SLOT.getAcquire(all, slot);
            if (item != null) {
                return item;
            }
            Thread.onSpinWait();
        } while (System.nanoTime() - start < patienceNanos);
        Object item = SLOT.compareAndExchange(all, slot, null, CLOSED);
        return item == null ? CLOSED : item;
    }

    /** Notes how far the channel is filled, when the owner has come to the end of what it knew. */
    private void look(long position) {
        long filled = filled();
        known.setRelease(filled);
        noteDepth((int) (filled - position));
    }

    private void noteDepth(int depth) {
        if (depth > (int) HIGHEST_DEPTH.get(this)) {
            HIGHEST_DEPTH.setOpaque(this, depth);
        }
    }

    private long filled() {
        Segment segment = Objects.requireNonNull(last.get());
        Segment next;
        while ((next = segment.next) != null && next.start > segment.start) { // and not LEFT_BEHIND
            segment = next;
        }
        return segment.start + Math.min(segment.claimed, segment.slots.length);
    }

    /**
     * Tells whether {@link #poll()} is worth a call, and is cheaper than that. By the owner only. A slot that a sender has claimed and not
     * yet filled is nothing, unless others have claimed what comes behind it: they are not to wait for that sender.
     *
     * @return false if there is no item
     */
    public boolean hasNext() {
        return holdsDirect() || hasNextInSegments();
    }

    private boolean hasNextInSegments() {
        long position = passed.get();
        if (position == end) {
            return first.next != null;
        }
        @Nullable Object[] all = slots;
        int slot = (int) position & (all.length - 1);
        return SLOT.getAcquire(all, slot) != null || first.claimed > slot + 1;
    }

    /**
     * Tells whether nothing is waiting, in the one order of volatile accesses, so that it may be the second look of an owner
     * that has announced its sleep (INV-5). That owner may have a successor by then: this changes nothing, and where it has,
     * the answer means nothing.
     *
     * @return whether the channel is empty
     */
    public boolean isEmpty() {
        if (holdsDirect()) {
            return false;
        }
        Segment segment = first;
        @Nullable Object[] all = segment.slots;
        int claimed = Math.min(segment.claimed, all.length);
        // The two are read in a race with a successor, where there is one: the difference may be anything then.
        for (int slot = Math.max(0, (int) (passed.get() - segment.start)); slot < claimed; slot++) {
            Object item = SLOT.getVolatile(all, slot);
            if (item != null && !CLOSED.equals(item)) {
                return false;
            }
        }
        return claimed < all.length || segment.next == null;
    }

    /**
     * Returns how many items are waiting. From any thread; for monitoring, not for synchronization.
     *
     * @return an estimate
     */
    public int depth() {
        return (int) Math.max(0, filled() - passed.get()) + (holdsDirect() ? 1 : 0);
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
