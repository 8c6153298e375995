package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.internal.padding.PaddedLong;

/**
 * Which carrier owns a core while the core is awake, and whether the core may be taken from it now.
 *
 * <p>A carrier holds a lease by its number, which only ever grows. While it runs a task, anyone may take the core away by
 * one compare-and-set; while it dispatches, nobody may. What an owner did to the core before it lost it happens-before what
 * the next owner does.
 */
public final class Lease {
    /*
     *   from            to                 by                                      method
     *   n, DISPATCHING  n, RUNNING         owner, before it runs a continuation    run         release
     *   n, RUNNING      n, DISPATCHING     owner, when that has suspended, and     enter       compare-and-set
     *                                      for each push from within its task
     *   n, RUNNING      n+1, DISPATCHING   monitor, for another carrier            take        compare-and-set
     *   n, DISPATCHING  n+1, DISPATCHING   owner, or who has ended the rest of a   pass        release
     *                                      parked or vacant core
     *
     * INV-2: only the owner touches what is the owner's, and only while it is DISPATCHING. Of enter and take, both from
     * (n, RUNNING), one wins; if take does, the old owner's enter fails now and for ever, for n does not come back.
     * INV-4: the old owner learns of it at the latest by the enter that follows its task's suspension.
     *
     * run needs no more than a release: it publishes the owner's writes to whoever makes the next compare-and-set. The word
     * is not one of INV-5's: whether the owner sleeps is OwnerState's, which a hand-over leaves AWAKE.
     */
    private static final long RUNNING = 1;

    /** Padded: its owner writes it twice for each task, while senders read what would lie beside it. */
    private final PaddedLong word = new PaddedLong();

    /** Makes a lease that nobody holds: numbers begin with 1. */
    public Lease() {}

    /** Owner, dispatching: runs a task from now on. */
    public void run(long number) {
        word.setRelease(number << 1 | RUNNING); // pairs with enter() and take()
    }

    /** The carrier that runs a task: dispatches from now on. Returns false if the core was taken from it. */
    public boolean enter(long number) {
        return word.compareAndSet(number << 1 | RUNNING, number << 1);
    }

    /** Takes the core from the carrier that runs a task under this number. Returns the next number, or 0 if it is too late. */
    public long take(long number) {
        return word.compareAndSet(number << 1 | RUNNING, (number + 1) << 1) ? number + 1 : 0;
    }

    /** Gives the core, which the caller holds, to whoever gets the number that is returned. */
    public long pass() {
        long next = number() + 1;
        word.setRelease(next << 1);
        return next;
    }

    /** The number of the present lease. */
    public long number() {
        return word.get() >>> 1;
    }

    /** Whether its holder runs a task. */
    public boolean isRunning() {
        return (word.get() & RUNNING) != 0;
    }
}
