package dev.heddle.runtime.internal.dispatch;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import dev.heddle.runtime.internal.channel.MpscChannel;
import dev.heddle.runtime.internal.padding.PaddedLong;
import dev.heddle.runtime.internal.queue.LocalQueue;
import dev.heddle.runtime.internal.queue.SharedRunQueue;
import dev.heddle.runtime.internal.queue.StealableRunQueue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All places where a continuation may wait for one core, and the order in which the core takes from them.
 *
 * <p>The methods are the owner's, but for those that say otherwise.
 */
final class RunQueues {
    /*
     *   PINNED     channel   from outside                                     only this core ever takes them
     *              local     made runnable by this core's own carrier
     *   ANY        next      the last that was woken by a task of this core   thieves, at last
     *              ready     woken before that, or yielded: oldest first      thieves, half of it
     *              fresh     started here and never run: newest first         thieves, the older half of it
     *   PREFERRED  preferred made runnable by anyone                          thieves, after everything else
     *
     * Order of dispatch. PINNED and the rest are first in turn, and so are ANY and PREFERRED, and the channel and the local
     * queue, so that none starves another. Among ANY: `next` first, because what a task has just woken finds its data in the
     * cache, until the monitor says that a chain of such
     * wake-ups has used up its time slice; then ready and fresh in turn. Newest first among the fresh ones makes a tree of
     * tasks run depth first: what waits grows with its depth, not with its breadth. Every 61st tick looks at the global
     * queue first, and every 61st at the oldest fresh one, so that no flood starves either (61 is Go's: a prime, so that it
     * does not fall in step with a program's own period).
     */

    /** How many ticks there are from one look at the global queue to the next. */
    static final int GLOBAL_PERIOD = 61;

    private static final int OLDEST_FRESH_TICK = 30;
    private static final int MOST_FROM_GLOBAL = StealableRunQueue.CAPACITY / 2;
    private static final VarHandle NEXT =
            fieldVarHandle(MethodHandles.lookup(), "next", VarHandle.class, RunQueues.class, Runnable.class);

    final MpscChannel<Runnable> channel = new MpscChannel<>();
    private final LocalQueue<Runnable> local = new LocalQueue<>();
    private final StealableRunQueue<Runnable> ready = new StealableRunQueue<>();
    private final StealableRunQueue<Runnable> fresh = new StealableRunQueue<>();
    private final SharedRunQueue<Runnable> preferred = new SharedRunQueue<>();
    private final SharedRunQueue<Runnable> global;
    private final IntSupplier cores;
    private final @Nullable Object[] batch = new @Nullable Object[StealableRunQueue.CAPACITY / 2];
    private final @Nullable SplittableRandom shuffle;

    private volatile @Nullable Runnable next;

    /** What was `next` when the monitor found the core with a task that goes on and on. If it is still, thieves may look for it. */
    private volatile @Nullable Runnable late;

    /** Set by the monitor, cleared by the owner: `next` has had its time, the others are first once. */
    private volatile boolean sliceIsOver;

    /**
     * Counts down from one look at the global queue to the next. Padded: the owner writes it for each dispatch, while thieves, and whoever
     * looks for work, read what would lie beside it. Of the flags below none is written where tasks come from outside one by one.
     */
    private final PaddedLong tick = new PaddedLong();

    /** Whether the PINNED work that was taken last was local. */
    private boolean isChannelNext = true;

    /** Whether the continuation that was taken last inherits the time slice of the one before it. */
    private boolean inheritsSlice;

    /** Whether the rings have been written since they were cleared. */
    private boolean slotsUsed;

    /** Whether ANY work may wait here. Only the owner puts it in, and so may remember that there was none. */
    private boolean mayHaveAny = true;

    /**
     * Makes empty queues.
     *
     * @param global the queue beside them
     * @param cores among how many cores that is shared
     * @param shuffle where the order comes from, or null for the one above
     */
    RunQueues(SharedRunQueue<Runnable> global, IntSupplier cores, @Nullable SplittableRandom shuffle) {
        this.global = global;
        this.cores = cores;
        this.shuffle = shuffle;
    }

    /** Puts in PINNED work. */
    void addLocal(Runnable continuation) {
        local.add(continuation);
    }

    /** Puts in ANY work that a task of this core has woken: it is next. */
    void addNext(Runnable continuation) {
        makeRoom(ready);
        Runnable displaced = (Runnable) NEXT.getAndSet(this, continuation); // volatile: pairs with that of takeNext()
        if (displaced != null) {
            ready.offer(displaced);
        }
    }

    /** Puts in ANY work that comes after what is ready. */
    void addReady(Runnable continuation) {
        addTo(ready, continuation);
    }

    /** Puts in ANY work that has never run. */
    void addFresh(Runnable continuation) {
        addTo(fresh, continuation);
    }

    /** Puts in PREFERRED work. From any thread. */
    void addPreferred(Runnable continuation) {
        preferred.offer(continuation);
    }

    private void addTo(StealableRunQueue<Runnable> ring, Runnable continuation) {
        makeRoom(ring);
        ring.offer(continuation);
    }

    /**
     * Moves the older half of a full ring to the global queue. Before anything else is changed: where there is no memory for
     * that, the caller hears of it, and what was in the ring is there still (INV-3).
     */
    private void makeRoom(StealableRunQueue<Runnable> ring) {
        slotsUsed = true;
        mayHaveAny = true;
        if (ring.size() < StealableRunQueue.CAPACITY) {
            return;
        }
        int taken = ring.takeHalf(batch);
        int moved = 0;
        try {
            while (moved < taken) {
                global.offer(Objects.requireNonNull((Runnable) batch[moved]));
                moved++;
            }
        } finally {
            for (int i = 0; i < taken; i++) {
                Runnable continuation = fromBatch(i);
                if (i >= moved) {
                    ring.offer(continuation);
                }
            }
        }
    }

    private Runnable fromBatch(int i) {
        Runnable continuation = (Runnable) Objects.requireNonNull(batch[i]);
        batch[i] = null;
        return continuation;
    }

    /** Takes what is to run now, or returns null if nothing waits for this core and nothing in the global queue. */
    @Nullable
    Runnable poll() {
        int last = (int) tick.get();
        int now = last == 0 ? GLOBAL_PERIOD - 1 : last - 1;
        tick.setRelease(now);
        if (inheritsSlice) {
            inheritsSlice = false;
        }
        // What pollInTurn() would take, where tasks of this core wake each other: short, to be compiled into the loop.
        if (now != 0 && !mayHaveAny && !local.isEmpty() && !channel.hasNext() && preferred.size() == 0) {
            if (!isChannelNext) {
                isChannelNext = true;
            }
            return local.poll();
        }
        return pollInTurn(now);
    }

    private @Nullable Runnable pollInTurn(int now) {
        Runnable first = null;
        if (now == 0) {
            first = global.poll();
        } else if (now == OLDEST_FRESH_TICK && shuffle == null) {
            first = fresh.pollOldest();
        }
        if (first == null) {
            // Drawn only if something waits: how often an idle core looks must not change what a seed gives.
            int turn = shuffle == null || isEmpty() ? now : shuffle.nextInt();
            boolean pinnedFirst = (turn & 1) == 0;
            first = pinnedFirst ? pollPinned() : pollShared(turn);
            if (first == null) {
                first = pinnedFirst ? pollShared(turn) : pollPinned();
            }
        }
        return first == null ? pollGlobal() : first;
    }

    private @Nullable Runnable pollShared(int turn) {
        boolean anyFirst = (turn & 2) == 0;
        Runnable first = anyFirst ? pollAny(turn) : preferred.poll();
        if (first == null) {
            first = anyFirst ? preferred.poll() : pollAny(turn);
        }
        if (first == null && mayHaveAny && shuffle == null) {
            mayHaveAny = false; // only when it changes: senders read what may lie beside it
        }
        return first;
    }

    private @Nullable Runnable pollPinned() {
        if (shuffle != null) {
            return pollShuffled(shuffle);
        }
        // In turn, or a task that only yields would keep out all that comes from outside. By what was taken and not by
        // the tick: what has arrived while a task ran for long comes before that one runs again.
        Runnable first = isChannelNext ? channel.poll() : local.poll();
        if (first != null) {
            isChannelNext = !isChannelNext;
            return first;
        }
        return isChannelNext ? local.poll() : channel.poll(); // the other one stays next
    }

    private @Nullable Runnable pollShuffled(SplittableRandom random) {
        local.makeRoom();
        Runnable arrived;
        while ((arrived = channel.poll()) != null) {
            local.add(arrived);
            local.makeRoom(); // before the next one is taken
        }
        return local.isEmpty() ? null : local.removeAt(random.nextInt(local.size()));
    }

    private @Nullable Runnable pollAny(int turn) {
        if (next != null) {
            if (shuffle == null ? sliceIsOver : shuffle.nextBoolean()) {
                makeRoom(ready); // before anything is taken
                Runnable late = takeNext();
                sliceIsOver = false;
                if (late != null) {
                    ready.offer(late);
                }
            } else {
                Runnable woken = takeNext();
                if (woken != null) {
                    inheritsSlice = true;
                    return woken;
                }
            }
        }
        boolean readyFirst = (turn & 4) == 0;
        Runnable first = readyFirst ? ready.pollOldest() : pollFresh();
        return first != null ? first : readyFirst ? pollFresh() : ready.pollOldest();
    }

    private @Nullable Runnable pollFresh() {
        return shuffle != null && !fresh.isEmpty() && shuffle.nextBoolean() ? fresh.pollOldest() : fresh.pollNewest();
    }

    /** Anyone: takes the last that was woken. */
    private @Nullable Runnable takeNext() {
        return next == null ? null : (Runnable) NEXT.getAndSet(this, null);
    }

    /** Takes a share of the global queue: one to run, the others to wait here. */
    @Nullable
    Runnable pollGlobal() {
        Runnable first = global.poll();
        if (first != null) {
            int share = Math.min(MOST_FROM_GLOBAL, global.size() / Math.max(1, cores.getAsInt()) + 1);
            for (int i = 1; i < share; i++) {
                Runnable more = global.poll();
                if (more == null) {
                    break;
                }
                addTo(ready, more);
            }
        }
        return first;
    }

    /**
     * Takes from another core, when nothing is left here: half of what is ready there, else half of what is fresh there.
     *
     * @return what to run now, or null if there was nothing
     */
    @Nullable
    Runnable steal(RunQueues victim) {
        StealableRunQueue<Runnable> into = ready;
        int taken = victim.ready.takeHalf(batch);
        if (taken == 0) {
            into = fresh;
            taken = victim.fresh.takeHalf(batch);
        }
        if (taken == 0) {
            return null;
        }
        slotsUsed = true;
        mayHaveAny = true;
        Runnable first = fromBatch(0);
        for (int i = 1; i < taken; i++) {
            Runnable more = fromBatch(i);
            if (!into.offer(more)) {
                global.offer(more); // cannot be: a thief's rings are empty
            }
        }
        return first;
    }

    /** Anyone: the last that a task of this core has woken, or null. */
    @Nullable
    Runnable next() {
        return next;
    }

    /** Anyone: takes what {@link #next()} has returned. Returns false if it is no longer there. */
    boolean takeNext(Runnable seen) {
        return NEXT.compareAndSet(this, seen, null);
    }

    /** Anyone: takes one that would rather run here. */
    @Nullable
    Runnable takePreferred() {
        return preferred.poll();
    }

    /** Gives all that is not PINNED to the global queue. Returns whether there was any. */
    boolean evacuate() {
        boolean any = false;
        Runnable continuation;
        while ((continuation = ready.pollOldest()) != null
                || (continuation = fresh.pollOldest()) != null
                || (continuation = takeNext()) != null
                || (continuation = preferred.poll()) != null) {
            boolean given = false;
            try {
                global.offer(continuation);
                given = true;
            } finally {
                if (!given) {
                    mayHaveAny = true;
                    ready.offer(continuation); // there is room: what is not from this ring comes when it is empty
                }
            }
            any = true;
        }
        return any;
    }

    /** Gives all that is PINNED to another core. */
    void forwardPinned(Executor target) {
        while (true) {
            local.makeRoom();
            Runnable continuation = pollOnlyPinned();
            if (continuation == null) {
                return;
            }
            boolean given = false;
            try {
                target.execute(continuation);
                given = true;
            } finally {
                if (!given) {
                    local.add(continuation);
                }
            }
        }
    }

    /** Takes PINNED work only, or returns null. */
    @Nullable
    Runnable pollOnlyPinned() {
        Runnable first = channel.poll();
        return first != null ? first : local.poll();
    }

    /** Whether nothing waits for this core. In the one order of volatile accesses (INV-5). */
    boolean isEmpty() {
        return local.isEmpty() && next == null && !hasArrivals() && !hasStealable();
    }

    /** Whether something has come from outside. */
    boolean hasArrivals() {
        return !channel.isEmpty() || !preferred.isEmpty();
    }

    /**
     * Anyone: whether there is something for a thief; what is next is only once it is late. In the one order of volatile accesses (INV-5).
     */
    boolean hasStealable() {
        return !ready.isEmpty() || !fresh.isEmpty() || !preferred.isEmpty() || isLate(next);
    }

    /** Whether this has been next for as long as one task goes on and on. */
    @SuppressWarnings("ReferenceEquality") // that one, and no other
    private boolean isLate(@Nullable Runnable waits) {
        return waits != null && waits == late;
    }

    /** Monitor: the core goes on with one task. Returns whether something is next, which is late from now on. */
    boolean markNextAsLate() {
        Runnable waits = next;
        late = waits;
        return waits != null;
    }

    /** Anyone, for monitoring: whether something waits. */
    boolean hasWaiting() {
        return pinnedSize() != 0 || stealableSize() != 0;
    }

    /** Whether the continuation that was taken last goes on with the time slice of the one before. */
    boolean inheritsSlice() {
        return inheritsSlice;
    }

    /** Monitor: a chain of wake-ups has had its time. */
    void endSlice() {
        sliceIsOver = true;
    }

    /** Forgets what thieves have taken, before the core goes to sleep. */
    void clearUnused() {
        if (late != null) {
            late = null;
        }
        if (slotsUsed) {
            slotsUsed = false;
            ready.clearFree();
            fresh.clearFree();
        }
    }

    /** Anyone, for monitoring: how much PINNED work waits. */
    int pinnedSize() {
        return local.size() + channel.depth();
    }

    /** Anyone, for monitoring: how much other work waits. */
    int stealableSize() {
        return (next == null ? 0 : 1) + ready.size() + fresh.size() + preferred.size();
    }
}
