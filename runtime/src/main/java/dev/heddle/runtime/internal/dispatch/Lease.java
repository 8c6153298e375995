package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.internal.padding.PaddedLong;

/**
 * Which carrier owns a core while the core is awake, and whether the core may be taken from it now.
 *
 * <p>A carrier holds a lease by its number, which only ever grows. While it runs a task, the core may be taken from it; while it
 * dispatches, it may not. What an owner did to the core before it lost it happens-before what the next owner does.
 */
public final class Lease {
    /*
     * Two words: the lease's, one for each core, and the holder's, one for each carrier, which only that carrier writes.
     *
     *   lease        to           by                                                             method
     *   n            n, ASKED     monitor, which asks for the core                               take     compare-and-set
     *   n, ASKED     n+1          the same, for another carrier or none: the holder was RUNNING  take     compare-and-set
     *   n, ASKED     n            the same, which withdraws: the holder was DISPATCHING          take     compare-and-set
     *   n, ASKED     n            owner, which has come back and objects                         enter    compare-and-set
     *   either       n+1          owner, or who has ended the rest of a parked or vacant core    pass     release
     *
     *   holder       to
     *   DISPATCHING  RUNNING      owner, before it runs a continuation                           run      release
     *   RUNNING      DISPATCHING  owner, when that has suspended, and for each push from         enter    release
     *                             within its task
     *
     * INV-2: only the owner touches what is the owner's, and only while it is DISPATCHING. Both write and then look at what the other has
     * written, with a fence between:
     *
     *   enter   E1 holder := DISPATCHING   light fence   E2 is the lease n, not ASKED? If so it is the owner. Else it objects.
     *   take    T1 lease := n, ASKED       heavy fence   T2 is the holder RUNNING?     If so T3, lease := n+1. Else it withdraws.
     *
     * If E2 does not see T1, then T2 sees E1, or what that carrier has written after it. If T2 sees DISPATCHING, take withdraws. If it sees
     * RUNNING, the owner is through with what is the owner's, and its next E1 comes after the fence, so that its E2 sees T1.
     * An owner whose E2 sees T1 objects: of that and T3, compare-and-sets both from (n, ASKED), one wins. If T3 does, enter fails now and
     * for ever, for n does not come back. If the objection fails and n is there still, take has withdrawn. It may even have asked once more:
     * E1 came before that second fence, for E2 saw the first T1, so that the second T2 sees E1 or what came after it, as above.
     * INV-4: the old owner learns of it at the latest by the enter that follows its task's suspension.
     *
     * run needs no more than a release: it publishes the owner's writes to T2, which is volatile. Whoever is given a core is DISPATCHING by
     * then: a carrier begins so, and what it does when it loses a core, or gives it away, ends so. The words are not among INV-5's: whether
     * the owner sleeps is OwnerState's, which a hand-over leaves AWAKE.
     */
    private static final long ASKED = 1;

    /** Padded: its owner reads it twice for each task, while senders write what would lie beside it. */
    private final PaddedLong word = new PaddedLong();

    private final AsymmetricFence fence;

    /**
     * Makes a lease that nobody holds: numbers begin with 1.
     *
     * @param fence its light half is the owner's
     */
    public Lease(AsymmetricFence fence) {
        this.fence = fence;
    }

    /** The carrier that runs a task: dispatches from now on. Returns false if the core was taken from it. */
    public boolean enter(Holder holder, long number) {
        holder.dispatch();
        fence.light();
        return word.get() == number << 1 || object(number);
    }

    /** Somebody asks for the core, or has it, or has just withdrawn. Returns false if somebody has it. */
    private boolean object(long number) {
        return word.compareAndSet(number << 1 | ASKED, number << 1) || number() == number;
    }

    /**
     * Takes the core from the carrier that holds it by this number, if that runs a task. One thread at a time. Where the fence fails,
     * the core stays where it is.
     *
     * @return the next number, or 0 if the core stays where it is
     */
    public long take(Holder holder, long number) {
        long asked = number << 1 | ASKED;
        if (!holder.isRunning() || !word.compareAndSet(number << 1, asked)) {
            return 0;
        }
        long next = number;
        try {
            fence.heavy();
            if (holder.isRunning()) {
                next = number + 1;
            }
        } finally {
            if (!word.compareAndSet(asked, next << 1)) {
                next = number; // its owner has objected
            }
        }
        return next == number ? 0 : next;
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

    /** Of a carrier: whether the core that it holds may be taken from it. */
    public static final class Holder {
        private static final long DISPATCHING = 0;
        private static final long RUNNING = 1;

        /** Padded: written twice for each task. */
        private final PaddedLong state = new PaddedLong();

        /** Makes one that is dispatching. */
        public Holder() {}

        /** Its carrier, dispatching: runs a task from now on. */
        public void run() {
            state.setRelease(RUNNING); // pairs with take()
        }

        /** Its carrier: dispatches, if it is given a core. To know whether it still has one takes {@link Lease#enter}. */
        void dispatch() {
            state.setRelease(DISPATCHING);
        }

        /** Anyone: whether its carrier runs a task. */
        public boolean isRunning() {
            return state.get() == RUNNING;
        }
    }
}
