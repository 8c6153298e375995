package dev.heddle.runtime.internal.dispatch;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import dev.heddle.runtime.internal.jdk.SocketPoller;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The socket pollers whose part a core that spins has taken over: while it finds nothing else to do it asks the kernel itself, and
 * their continuations, which have yielded, wait here. It is an entry of the core's queue while it holds any: the pollers' turn.
 *
 * <p>The methods are for the core's owner, and for who holds the core without being its carrier, but for those that say otherwise.
 */
final class HeldPollers implements Runnable {
    /*
     * Why. A poller that finds nothing parks, and a thread of the JDK's waits in the kernel in its stead. Where all CPUs spin that
     * thread has to wait for one of them, milliseconds, before the poller is woken; and where there is a CPU for it, a request
     * passes from thread to thread twice.
     *
     * Invariants. A continuation is here, or in a queue, or runs (INV-3). While any is here the entry is in the core's queue or the
     * owner is looking at it (but after a failure for want of memory, until it is idle), and so a core that holds any never
     * rests, and one that changes hands keeps its pollers. From a core that goes on with one task for long the monitor takes
     * them away: they are work of any core then.
     *
     *   from     to       by       when                                                         method
     *   EMPTY    QUEUED   owner    the first poller is held; the entry goes into the queue      hold
     *   STALE    QUEUED   owner    the same, and the entry is there still                       hold
     *   QUEUED   LOOKING  owner    it takes the entry, or changes what is held and goes back    beginTurn, hold, giveUpAll
     *   LOOKING  QUEUED   owner    the turn has ended, or another poller was held after one     endTurn, hold
     *                              that did not end; the entry goes into the queue
     *   LOOKING  EMPTY    owner    nothing is held, and the entry is not in the queue           endTurn, giveUpAll
     *   LOOKING  STALE    owner    all were given up, and the entry is in the queue             giveUpAll
     *   QUEUED   TAKING   monitor  the core's task goes on and on, or there is no carrier       takeAll
     *   TAKING   STALE    monitor  all have been passed on                                      takeAll
     *   TAKING   QUEUED   monitor  there was no memory for all of them                          takeAll
     *   STALE    EMPTY    owner    it takes the entry; never, if that has gone to another core  beginTurn
     *
     * What is held is plain memory: the monitor touches it in TAKING, the owner in LOOKING, EMPTY and STALE, and nobody in
     * QUEUED. The entry is in the queue in QUEUED, TAKING and STALE.
     */
    private static final int EMPTY = 0;
    private static final int LOOKING = 1;
    private static final int QUEUED = 2;
    private static final int TAKING = 3;
    private static final int STALE = 4;

    private static final int FIRST_CAPACITY = 4;

    /** Beside other work a poller is asked no sooner than after this: a question is a system call, some 0.3 us. */
    private static final long LEAST_PAUSE_NANOS = 2_000;

    /** Nor sooner than after this part of the time for which none of its sockets was ready, or after {@link #MOST_PAUSE_NANOS}. */
    private static final int PAUSES_PER_QUIET_TIME = 8;

    private static final long MOST_PAUSE_NANOS = 100_000;

    /**
     * One that was asked in vain for so long beside other work waits in the kernel. Of the time between two questions no more than
     * {@link #MOST_PAUSE_NANOS} counts: a CPU that was taken away for a while, by its hypervisor or another program, makes none
     * of them quiet.
     */
    private static final long MOST_IN_VAIN_NANOS = 1_000_000;

    private static final VarHandle STATE =
            fieldVarHandle(MethodHandles.lookup(), "state", VarHandle.class, HeldPollers.class, int.class);

    private final Object core;
    private final Function<Runnable, @Nullable SocketPoller> pollerOf;
    private final Consumer<Runnable> queue;

    private volatile int state = EMPTY;

    private final ArrayList<Held> held = new ArrayList<>(FIRST_CAPACITY); // or it would have no room before its first

    /** Which one is asked next by an owner that has nothing else to do. */
    private int position;

    private static final class Held {
        final SocketPoller poller;
        final Runnable continuation;

        /** When a socket of it was ready, by {@link System#nanoTime()}. */
        long readyAt;

        /** When it was asked beside other work. */
        long askedAt;

        /** For how long it was asked beside other work in vain, since a socket was ready or it was asked without other work. */
        long inVainNanos;

        Held(SocketPoller poller, Runnable continuation) {
            this.poller = poller;
            this.continuation = continuation;
            this.readyAt = System.nanoTime(); // or it would not have yielded
            this.askedAt = readyAt;
        }
    }

    /**
     * Makes one that holds none.
     *
     * @param core whose they are, for what is logged
     * @param pollerOf finds the poller of a continuation, or null if it cannot be asked
     * @param queue puts something into the core's queue; has room without memory for it when something was just taken from there
     */
    HeldPollers(Object core, Function<Runnable, @Nullable SocketPoller> pollerOf, Consumer<Runnable> queue) {
        this.core = core;
        this.pollerOf = pollerOf;
        this.queue = queue;
    }

    // ---- what is held ----

    /** Holds the continuation of a poller that has yielded. Returns false if it cannot. If this throws it does not either. */
    boolean hold(Runnable continuation) {
        SocketPoller poller = pollerOf.apply(continuation);
        if (poller == null) {
            return false;
        }
        int before = (int) STATE.compareAndExchange(this, QUEUED, LOOKING);
        if (before == TAKING) {
            return false;
        }
        boolean isHeld = false;
        try {
            Held added = new Held(poller, continuation);
            held.ensureCapacity(held.size() + 1);
            if (before != QUEUED && before != STALE) {
                queue.accept(this);
            }
            held.add(added); // from here on nothing can fail, or the JDK would send the continuation again
            isHeld = true;
        } finally {
            state = isHeld ? QUEUED : before;
        }
        return true;
    }

    /**
     * In a turn: lets go of one. Its continuation, which is to be run, finds that no socket is ready, and waits for them in the
     * kernel.
     */
    Runnable giveUp() {
        return held.removeLast().continuation;
    }

    /** Lets go of all, outside of a turn. Returns whether there were any. */
    boolean giveUpAll(Consumer<Runnable> to) {
        boolean isInQueue = STATE.compareAndSet(this, QUEUED, LOOKING);
        if (!isInQueue && state != LOOKING) {
            return false; // there is none, or the monitor has them
        }
        try {
            passOn(to);
        } finally {
            state = held.isEmpty() ? (isInQueue ? STALE : EMPTY) : isInQueue ? QUEUED : LOOKING;
        }
        return true;
    }

    /** Monitor: the core goes on with one task, has no carrier, or the manager has ended. Passes all on, and returns whether it did. */
    boolean takeAll(Consumer<Runnable> to) {
        if (!STATE.compareAndSet(this, QUEUED, TAKING)) {
            return false;
        }
        try {
            passOn(to);
        } finally {
            state = held.isEmpty() ? STALE : QUEUED;
        }
        return true;
    }

    /** If there is no memory for one, that is here still. */
    private void passOn(Consumer<Runnable> to) {
        while (!held.isEmpty()) {
            to.accept(held.getLast().continuation);
            held.removeLast();
        }
    }

    /** Its continuation goes into the core's queue. If there is no memory for that, it is here still. */
    private void letGo(int i) {
        queue.accept(held.get(i).continuation);
        held.set(i, held.getLast());
        held.removeLast();
    }

    /**
     * Runs the continuation of a poller on this thread, a platform thread, until it waits in the kernel or, if it has found a socket,
     * yields: then the JDK sends it on.
     */
    static void runHere(Runnable continuation) {
        try {
            continuation.run();
        } catch (Throwable t) {
            FailureLog.error(HeldPollers.class, "heddle", "a socket poller threw", t); // INV-8, as in the dispatch loop
        }
    }

    // ---- the pollers' turn ----

    /** The entry has been taken from the queue. Returns whether there is somebody to ask: then {@link #endTurn} must follow. */
    boolean beginTurn() {
        int before = (int) STATE.compareAndExchange(this, QUEUED, LOOKING);
        if (before == TAKING) {
            queue.accept(this);
            Thread.yield(); // the kernel: the monitor may wait for this CPU
        } else if (before != QUEUED) {
            state = EMPTY;
        }
        return before == QUEUED;
    }

    /** Puts the entry behind what the sockets have woken, if there is anything to ask for again. */
    void endTurn() {
        if (held.isEmpty()) {
            state = EMPTY;
        } else {
            queue.accept(this);
            state = QUEUED;
        }
    }

    /** Owner: whether it is in a turn, or one has not ended for want of memory. */
    boolean isInTurn() {
        return state == LOOKING;
    }

    /**
     * In a turn beside other work: asks all for whom it is time, and lets go of those that have been quiet for long. Returns whether any
     * socket was ready.
     *
     * @param now {@link System#nanoTime()}
     */
    boolean askBesideOthers(long now) {
        boolean any = false;
        for (int i = held.size() - 1; i >= 0; i--) { // one that goes has its place taken by one that was asked
            Held each = held.get(i);
            long quiet = now - each.readyAt;
            long pause = Math.clamp(quiet / PAUSES_PER_QUIET_TIME, LEAST_PAUSE_NANOS, MOST_PAUSE_NANOS);
            long sinceAsked = now - each.askedAt;
            if (sinceAsked < pause) {
                continue;
            }
            each.askedAt = now;
            each.inVainNanos += Math.min(Math.min(sinceAsked, quiet), MOST_PAUSE_NANOS);
            if (ask(i, now)) {
                any = true;
            } else if (each.inVainNanos >= MOST_IN_VAIN_NANOS) {
                letGo(i);
            }
        }
        return any;
    }

    /**
     * In a turn without other work: asks the next one. Returns whether any socket was ready. In a core that spins between turns
     * nothing is asked: then nothing is held, or the monitor has it.
     *
     * @param now {@link System#nanoTime()}, some microseconds ago at most
     */
    boolean askNext(long now) {
        if (!isInTurn() || held.isEmpty()) {
            return false;
        }
        position = position + 1 < held.size() ? position + 1 : 0;
        held.get(position).inVainNanos = 0;
        return ask(position, now);
    }

    /**
     * Asks the kernel which sockets of a poller are ready, and wakes who waits for them. Returns whether any were. A poller that
     * fails is let go of: it goes on by itself.
     */
    private boolean ask(int i, long now) {
        Held each = held.get(i);
        try {
            if (each.poller.poll() <= 0) {
                return false;
            }
            each.readyAt = now;
            each.inVainNanos = 0;
            return true;
        } catch (Throwable t) {
            letGo(i);
            FailureLog.error(HeldPollers.class, this, "a socket poller has failed, and goes on by itself", t);
            return true;
        }
    }

    // ---- for others ----

    /** Anyone, for monitoring: whether the entry is in the queue. */
    boolean isInQueue() {
        return state >= QUEUED;
    }

    /** Monitor: whether there are any to take. */
    boolean mayBeTaken() {
        return state == QUEUED;
    }

    @Override
    public String toString() {
        return "sockets of " + core;
    }

    /** The entry of a core that was removed, on the core that its tasks have gone to: it has given up all. */
    @Override
    public void run() {
        // There is nothing left to do.
    }
}
