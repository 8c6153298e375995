package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.internal.jdk.SocketPoller;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The socket pollers whose part a core that spins has taken over: while it finds nothing else to do it asks the kernel itself, and
 * their continuations, which have yielded, wait here. It is an entry of the core's queue while it holds any: the pollers' turn.
 *
 * <p>The methods are for the core's owner, and for who holds the core without being its carrier.
 */
final class HeldPollers implements Runnable {
    /*
     * Why. A poller that finds nothing parks, and a thread of the JDK's waits in the kernel in its stead. Where all CPUs spin that
     * thread has to wait for one of them, milliseconds, before the poller is woken; and where there is a CPU for it, a request
     * passes from thread to thread twice.
     *
     * Invariants. A continuation is here, or in a queue, or runs (INV-3). While any is here this is in the queue of the core, or
     * the owner is looking at it: so who looks whether work waits for the core finds it, the monitor while a task holds the core,
     * a hand-over, a rest, a removal. And so a core that holds any never rests. What makes one the owner orders all accesses.
     */
    private static final int FIRST_CAPACITY = 4;

    /** After so many turns beside other work in which no socket was ready, it costs less to wait for them in the kernel. */
    private static final int MOST_VAIN_TURNS = 4;

    private final Function<Runnable, @Nullable SocketPoller> pollerOf;
    private @Nullable SocketPoller[] pollers = new @Nullable SocketPoller[FIRST_CAPACITY];
    private @Nullable Runnable[] continuations = new @Nullable Runnable[FIRST_CAPACITY];
    private int count;

    /** The last one has thrown when it was asked: it is given back, to do itself with that what the JDK does. */
    private boolean lastHasFailed;

    /** How often in a row other work was waiting and no socket was ready. */
    private int vainTurns;

    /**
     * Makes one that holds none.
     *
     * @param pollerOf finds the poller of a continuation, or null if it cannot be asked
     */
    HeldPollers(Function<Runnable, @Nullable SocketPoller> pollerOf) {
        this.pollerOf = pollerOf;
    }

    /** Has room for one more. Returns the poller of the continuation, or null if it cannot be held. */
    @Nullable
    SocketPoller prepare(Runnable continuation) {
        SocketPoller poller = pollerOf.apply(continuation);
        if (poller != null && count == pollers.length) {
            @Nullable Runnable[] more = Arrays.copyOf(continuations, 2 * count);
            pollers = Arrays.copyOf(pollers, 2 * count);
            continuations = more;
        }
        return poller;
    }

    /** Holds a poller that was prepared, and its continuation, which has yielded. */
    void hold(SocketPoller poller, Runnable continuation) {
        pollers[count] = poller;
        continuations[count] = continuation;
        count++;
        vainTurns = 0;
        lastHasFailed = false;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Asks the kernel which sockets are ready, and wakes who waits for them. Returns whether there were any. */
    boolean ask() {
        boolean any = false;
        for (int i = 0; i < count; i++) {
            try {
                any |= Objects.requireNonNull(pollers[i]).poll() > 0;
            } catch (Throwable t) {
                swapWithLast(i);
                lastHasFailed = true;
                return true;
            }
        }
        if (any) {
            vainTurns = 0;
        }
        return any;
    }

    /** After a turn in which no socket was ready: whether one is to be given up, for there were several such beside other work. */
    boolean isInVain(boolean othersWait) {
        vainTurns = othersWait ? vainTurns + 1 : 0;
        return vainTurns >= MOST_VAIN_TURNS;
    }

    /** Whether one has failed: it is to be given up. */
    boolean hasFailed() {
        return lastHasFailed;
    }

    /** Lets go of one: its continuation, which is to be run, finds that no socket is ready, and waits for them in the kernel. */
    Runnable giveUp() {
        Runnable continuation = last();
        removeLast();
        return continuation;
    }

    /** Lets go of all. */
    void giveUpAll(Consumer<Runnable> to) {
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
        lastHasFailed = false;
    }

    private void swapWithLast(int i) {
        int last = count - 1;
        SocketPoller poller = pollers[i];
        pollers[i] = pollers[last];
        pollers[last] = poller;
        Runnable continuation = continuations[i];
        continuations[i] = continuations[last];
        continuations[last] = continuation;
    }

    /** The entry of a core that was removed, which has given up all, on the core that its tasks have gone to. */
    @Override
    public void run() {
        // There is nothing left to do.
    }
}
