package dev.heddle.runtime.internal.dispatch;

import org.jspecify.annotations.Nullable;

/**
 * What a core's owner does before it rests: it looks for work for as long as the settings say. Meanwhile, and between tasks, it asks
 * for the sockets that it holds. Where a core parks at once it holds none, and does not look. For the core's owner.
 */
final class SpinningOwner {
    /** Between two looks at the clock while spinning; a look costs about 25 ns, a round about as much as a pause. */
    private static final int SPINS_PER_CLOCK = 32;

    private final Scheduler scheduler;
    private final VirtualCoreContext core;
    private final RunQueues queues;
    private final WorkSearch search;
    private final HeldPollers sockets;

    /** The number of the dispatch before which it has spun and let go of its sockets: it need not spin once more. */
    private long gaveUpAt = -1;

    SpinningOwner(Scheduler scheduler, VirtualCoreContext core, WorkSearch search, HeldPollers sockets) {
        this.scheduler = scheduler;
        this.core = core;
        this.queues = core.queues();
        this.search = search;
        this.sockets = sockets;
    }

    /** In a task: holds the continuation of a socket poller that has yielded. Returns false if it cannot. */
    boolean hold(Runnable poller) {
        boolean held = sockets.hold(poller);
        if (held) {
            letGoOfSocketsAtTheEnd();
        }
        return held;
    }

    /**
     * The turn of the sockets that it asks itself, whose entry it has taken from the queue. Spins if there is nothing else to do.
     *
     * @return what to run, or null to look at the queues again
     */
    @Nullable
    Runnable takeSocketsTurn() {
        if (!sockets.beginTurn()) {
            return core.isSharing() ? queues.pollGlobal() : null; // the monitor has put them there
        }
        try {
            if (!core.isSharing() || scheduler.hasEnded()) {
                return sockets.giveUp();
            }
            if (queues.isEmpty() && scheduler.global().isEmpty()) {
                return waitForSockets();
            }
            boolean anyReady = sockets.askBesideOthers(System.nanoTime());
            return anyReady || !queues.isEmpty() ? null : queues.pollGlobal(); // which an entry in the queue hides
        } finally {
            endSocketsTurn();
        }
    }

    /** INV-8: also ends one whose end there was no memory for. Returns whether there was one. */
    boolean endSocketsTurn() {
        if (!sockets.isInTurn()) {
            return false;
        }
        sockets.endTurn();
        letGoOfSocketsAtTheEnd();
        return true;
    }

    /** In the turn of the sockets: there is nothing else to do. */
    private @Nullable Runnable waitForSockets() {
        if (sockets.askNext(System.nanoTime())) {
            search.succeed(); // what it has woken may be for others, and it goes on asking
            return null;
        }
        Runnable stolen = search.steal();
        if (stolen != null || spin()) {
            return stolen;
        }
        gaveUpAt = core.counters().dispatches() + 1;
        return sockets.giveUp();
    }

    /**
     * The second step, after it has put sockets where the monitor takes them away. Whoever comes after the monitor's last look finds
     * here that the manager has ended. Pairs with Monitor.run().
     */
    private void letGoOfSocketsAtTheEnd() {
        if (scheduler.hasEnded()) {
            sockets.giveUpAll(HeldPollers::runHere); // not later: nobody hands over any longer
        }
    }

    /** Looks for work for as long as the settings say. Returns whether there is some. */
    boolean spin() {
        long spinNanos = core.settings().spinNanos();
        if (spinNanos == 0 || core.counters().dispatches() == gaveUpAt) {
            return false;
        }
        long start = System.nanoTime();
        long now = start;
        while (true) {
            if (sockets.askNext(now)) {
                return true;
            }
            for (int i = 0; i < SPINS_PER_CLOCK; i++) {
                if (queues.hasArrivals()) {
                    return true;
                }
                Thread.onSpinWait();
            }
            if (core.isSharing()
                    && (search.tryStart()
                            ? scheduler.hasWork()
                            : !scheduler.global().isEmpty())) {
                return true;
            }
            now = System.nanoTime();
            if (core.isEnding() || now - start >= spinNanos) {
                return false;
            }
        }
    }

    /** It rests now: after that it spins again. */
    void rests() {
        gaveUpAt = -1;
    }
}
