package dev.heddle.runtime.internal.dispatch;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import dev.heddle.runtime.internal.jdk.SocketPoller;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
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
     * them away: its sockets wait in the kernel then, as others' do.
     *
     *   from     to       by       when                                                         method
     *   EMPTY    QUEUED   owner    the first poller is held; the entry goes into the queue      hold
     *   STALE    QUEUED   owner    the same, and the entry is there still                       hold
     *   QUEUED   LOOKING  owner    it takes the entry, or changes what is held and goes back    beginTurn, hold, giveUpAll
     *   LOOKING  QUEUED   owner    the turn has ended; the entry goes into the queue            endTurn, recover
     *   LOOKING  EMPTY    owner    nothing is held, and the entry is not in the queue           endTurn, giveUpAll
     *   LOOKING  STALE    owner    all were given up, and the entry is in the queue             giveUpAll
     *   QUEUED   TAKING   monitor  the core's task goes on and on, or there is no carrier       takeAll
     *   TAKING   STALE    monitor  all have been run                                            takeAll
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

    /**
     * After so many turns beside other work in which no socket was ready they wait in the kernel. Before that there are fewer and fewer questions, each
     * a system call, but one in each eighth turn.
     */
    private static final int MOST_VAIN_TURNS = 64;

    private static final int MOST_TURNS_BETWEEN = 8;

    private static final VarHandle STATE =
            fieldVarHandle(MethodHandles.lookup(), "state", VarHandle.class, HeldPollers.class, int.class);

    private final Object core;
    private final Function<Runnable, @Nullable SocketPoller> pollerOf;
    private final Consumer<Runnable> queue;

    private volatile int state = EMPTY;

    private @Nullable SocketPoller[] pollers = new @Nullable SocketPoller[FIRST_CAPACITY];
    private @Nullable Runnable[] continuations = new @Nullable Runnable[FIRST_CAPACITY];
    private int count;

    /** Which one is asked next: a question is for one of them, so that many do not hold the core up. */
    private int position;

    /** How many turns beside other work there were since a socket was ready, or there was nothing else to do. */
    private int vainTurns;

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
        int before = STATE.compareAndSet(this, QUEUED, LOOKING) ? QUEUED : state;
        if (before == TAKING) {
            return false;
        }
        boolean hasRoom = false;
        try {
            if (count == pollers.length) {
                @Nullable Runnable[] more = Arrays.copyOf(continuations, 2 * count);
                pollers = Arrays.copyOf(pollers, 2 * count);
                continuations = more;
            }
            if (before != QUEUED && before != STALE) {
                queue.accept(this);
            }
            hasRoom = true;
        } finally {
            if (!hasRoom) {
                state = before;
            }
        }
        pollers[count] = poller; // from here on nothing can fail, or the JDK would send it again
        continuations[count] = continuation;
        count++;
        vainTurns = 0;
        state = QUEUED;
        return true;
    }

    /** Lets go of one: its continuation, which is to be run, finds that no socket is ready, and waits for them in the kernel. */
    Runnable giveUp() {
        Runnable continuation = last();
        removeLast();
        return continuation;
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
            state = count != 0 ? (isInQueue ? QUEUED : LOOKING) : isInQueue ? STALE : EMPTY;
        }
        return true;
    }

    /**
     * Monitor: the core goes on with one task, or has no carrier. Takes all away and runs each, on its own thread, until it waits in the kernel or, if it
     * has found a socket, yields: then it is sent on. Nothing else would take one on for certain exactly once.
     */
    void takeAll() {
        if (STATE.compareAndSet(this, QUEUED, TAKING)) {
            try {
                while (count != 0) {
                    runOrReport(giveUp());
                }
            } finally {
                state = STALE;
            }
        }
    }

    private void runOrReport(Runnable continuation) {
        try {
            continuation.run();
        } catch (Throwable t) {
            FailureLog.error(HeldPollers.class, this, "a socket poller threw", t); // INV-8, as in the dispatch loop
        }
    }

    private void passOn(Consumer<Runnable> to) {
        while (count != 0) {
            to.accept(last()); // if there is no memory for that, it is here still
            removeLast();
        }
    }

    private Runnable last() {
        return Objects.requireNonNull(continuations[count - 1]);
    }

    private void removeLast() {
        count--;
        pollers[count] = null;
        continuations[count] = null;
    }

    // ---- the pollers' turn ----

    /** The entry has been taken from the queue. Returns whether there is somebody to ask: then {@link #endTurn} must follow. */
    boolean beginTurn() {
        if (STATE.compareAndSet(this, QUEUED, LOOKING)) {
            return true;
        }
        if (state == TAKING) {
            queue.accept(this); // until the monitor is done
        } else {
            state = EMPTY;
        }
        return false;
    }

    /** Puts the entry behind what the sockets have woken, if there is anything to ask for again. */
    void endTurn() {
        if (count == 0) {
            state = EMPTY;
        } else {
            queue.accept(this);
            state = QUEUED;
        }
    }

    /** INV-8: ends a turn whose end there was no memory for. Returns whether there was one. */
    boolean recover() {
        if (state != LOOKING) {
            return false;
        }
        endTurn();
        return true;
    }

    /** In a turn beside other work: asks, if it is time for that. Returns whether any socket was ready. */
    boolean askBesideOthers() {
        int turn = ++vainTurns;
        boolean isDue = turn < MOST_TURNS_BETWEEN ? Integer.bitCount(turn) == 1 : turn % MOST_TURNS_BETWEEN == 0;
        return isDue && ask();
    }

    /** In a turn beside other work: whether it is time to let go of one. */
    boolean isInVain() {
        return vainTurns >= MOST_VAIN_TURNS;
    }

    /** In a turn without other work, or when nothing is held: the next question comes soon. */
    void beginIdle() {
        vainTurns = 0;
    }

    /**
     * In a turn, or when nothing is held: asks the kernel which sockets of the next poller are ready, and wakes who waits for them. Returns whether any
     * were. A poller that fails is let go of: it goes on by itself.
     */
    boolean ask() {
        if (count == 0) {
            return false;
        }
        position = position + 1 < count ? position + 1 : 0;
        boolean any;
        try {
            any = Objects.requireNonNull(pollers[position]).poll() > 0;
        } catch (Throwable t) {
            makeLast(position);
            queue.accept(last());
            removeLast();
            FailureLog.error(HeldPollers.class, this, "a socket poller has failed, and goes on by itself", t);
            return true;
        }
        if (any) {
            vainTurns = 0;
        }
        return any;
    }

    private void makeLast(int i) {
        int last = count - 1;
        SocketPoller poller = pollers[i];
        pollers[i] = pollers[last];
        pollers[last] = poller;
        Runnable continuation = continuations[i];
        continuations[i] = continuations[last];
        continuations[last] = continuation;
    }

    // ---- for others ----

    /** Anyone, for monitoring: whether the entry is in the queue. */
    boolean isInQueue() {
        return state >= QUEUED;
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
