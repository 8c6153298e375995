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
     * Model. Senders push onto a stack, the inbox (Treiber 1986). The owner takes the whole inbox with one exchange,
     * turns it round and serves it as its batch, oldest first; only when the batch is used up does it look at the inbox
     * again. INV-3: a node is in the inbox or in the batch, and the exchange moves all of them at once.
     *
     * Orderings.
     *   offer: the CAS on inbox (volatile) publishes the node's fields. Pairs with the exchange in poll().
     *   poll:  the exchange (volatile) takes them.
     *   isEmpty reads inbox in volatile mode: it is the look after the owner's announcement (INV-5), so it must stand
     *   in the one order of all volatile accesses, not merely acquire.
     *   The inbox only grows between two exchanges, and a node is pushed once: there is no ABA.
     *
     * Rejected. A linked queue whose senders exchange the tail and then link (Vyukov), and array queues whose senders
     * claim an index and then fill it (JCTools): between the two steps a sender that the kernel has descheduled hides
     * all later items from the owner. Here senders share their CPUs with busy carriers, so that this is not rare.
     * ChannelBenchmark stands these beside each other.
     */

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final VarHandle BATCH_SIZE =
            fieldVarHandle(LOOKUP, "batchSize", VarHandle.class, MpscChannel.class, int.class);
    private static final VarHandle HIGHEST_DEPTH =
            fieldVarHandle(LOOKUP, "highestDepth", VarHandle.class, MpscChannel.class, int.class);

    private static final class Node<T> {
        final T item;

        /** In the inbox: the next older one. In the batch: the next younger one. */
        @Nullable
        Node<T> next;

        /** How many nodes the inbox had with this one. Written before the node is published. */
        int depth;

        Node(T item) {
            this.item = item;
        }
    }

    /** Newest first. Pushed to by senders, emptied by the owner. Padded: the owner writes the fields below for each item. */
    private final PaddedReference<Node<T>> inbox = new PaddedReference<>();

    /** Oldest first. The owner's. */
    private @Nullable Node<T> batch;

    /** How many the batch still has. Written by the owner; read by anyone, for monitoring. */
    @SuppressWarnings("UnusedVariable") // through BATCH_SIZE
    private int batchSize;

    /** The deepest inbox that the owner ever took. Written by the owner; read by anyone, for monitoring. */
    @SuppressWarnings("UnusedVariable") // through HIGHEST_DEPTH
    private int highestDepth;

    /** Makes an empty channel. */
    public MpscChannel() {}

    /**
     * Sends an item. From any thread; never blocks and never refuses (INV-6).
     *
     * @param item what to send
     */
    public void offer(T item) {
        Node<T> node = new Node<>(item);
        Node<T> newest;
        do {
            newest = inbox.get();
            node.next = newest;
            node.depth = newest == null ? 1 : newest.depth + 1;
        } while (!inbox.compareAndSet(newest, node)); // volatile: pairs with the exchange in poll()
    }

    /**
     * Takes the oldest item. By the owner only.
     *
     * @return the item, or null if there is none
     */
    public @Nullable T poll() {
        Node<T> oldest = batch;
        if (oldest == null) {
            if (inbox.get() == null) {
                return null;
            }
            oldest = takeInbox();
        }
        Node<T> younger = oldest.next;
        oldest.next = null; // or a node that grew old would keep all younger ones from an early death
        batch = younger;
        BATCH_SIZE.setOpaque(this, (int) BATCH_SIZE.get(this) - 1);
        return oldest.item;
    }

    /**
     * Tells whether nothing is waiting. By the owner only; in the one order of volatile accesses, so that it may be the
     * second look of a thread that has announced its sleep (INV-5).
     *
     * @return whether the channel is empty
     */
    public boolean isEmpty() {
        return batch == null && inbox.get() == null;
    }

    /**
     * Returns how many items are waiting. From any thread; for monitoring, not for synchronization.
     *
     * @return an estimate
     */
    public int depth() {
        Node<T> newest = inbox.get();
        return (int) BATCH_SIZE.getOpaque(this) + (newest == null ? 0 : newest.depth);
    }

    /**
     * Returns the most items that were waiting at once when the owner came for them. From any thread; for monitoring.
     *
     * @return an estimate
     */
    public int highestDepth() {
        Node<T> newest = inbox.get();
        return Math.max((int) HIGHEST_DEPTH.getOpaque(this), newest == null ? 0 : newest.depth);
    }

    /** Empties the inbox, which is not empty and which only the owner empties, and returns its nodes oldest first. */
    private Node<T> takeInbox() {
        Node<T> node = Objects.requireNonNull(inbox.getAndSet(null)); // volatile: pairs with the CAS in offer()
        int depth = node.depth;
        Node<T> younger = null;
        while (true) {
            Node<T> older = node.next;
            node.next = younger;
            if (older == null) {
                break;
            }
            younger = node;
            node = older;
        }
        BATCH_SIZE.setOpaque(this, depth);
        if (depth > (int) HIGHEST_DEPTH.get(this)) {
            HIGHEST_DEPTH.setOpaque(this, depth);
        }
        return node;
    }
}
