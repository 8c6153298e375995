package dev.heddle.runtime.internal.dispatch;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Whether a core has an owner, and whether that is awake: the word that senders look at after they have offered something,
 * and that the owner writes before it looks a last time whether something was offered.
 *
 * <p>Every access is volatile. Together with the queues', which are too, they stand in one order, on which INV-5 rests.
 */
public final class OwnerState {
    /*
     *   from    to      by      when                                                                method
     *   VACANT  AWAKE   start   the core starts; VACANT, and not counted, is how it begins          rouse
     *   AWAKE   PARKED  owner   nothing to do                                                       announce
     *   AWAKE   VACANT  owner   nothing to do, and it ends, or its task is about to block           announce
     *   PARKED  AWAKE   sender  it has offered something; it unparks the owner                      rouse
     *   PARKED  AWAKE   ender   the core has to end; it unparks the owner                           wake
     *   PARKED  CLAIMED carrier its task comes back from a blocking call and wants the core again   claim
     *   CLAIMED AWAKE   carrier it has passed the lease to itself; it unparks who was the owner     announce
     *   both    AWAKE   resize  the core is removed; it unparks the owner, or holds the core to empty it    rouse
     *   AWAKE   VACANT  resize  it has emptied it; or a sender, or the monitor, which has sent on what was there    announce
     *   both    AWAKE   resize  the core is one of the manager's; it unparks the owner, or leaves it vacant  rouse, announce
     *   both    AWAKE   monitor something waits beside the core; it unparks the owner, or seats a carrier  takeBack
     *   PARKED  AWAKE   owner   on its second look, or a later one, there was something             takeBack
     *   VACANT  AWAKE   sender  it has offered something; it seats a carrier                        rouse
     *   VACANT  AWAKE   carrier its task comes back from a blocking call and has the core again     occupy
     *   VACANT  AWAKE   owner   on its second look there was something; it goes on                  takeBack
     *   AWAKE   VACANT  starter the carrier it wanted could not be started or pinned                announce
     *
     * A sender of work that any core may run makes the same steps to SEARCHING instead of AWAKE: the owner is awake, and
     * counts among those who search (see Searchers). The owner makes that AWAKE (acknowledge) before anything else.
     *
     * INV-2: each step away from a rest is a compare-and-set, so that one thread makes it, and no other step makes an owner
     * (a hand-over from one awake owner to the next is the Lease's affair).
     *
     * A sender that finds the owner awake does nothing: the owner has yet to announce a rest, and looks again after it has.
     * A sender whose step fails does nothing either: whoever made the step did so after the sender's offer, and the owner's
     * next second look comes later still. The one exception is the last row: work that was sent while a carrier was being
     * started in vain waits for the next sender or the monitor, when the system has no thread to give or the CPU is gone.
     * A sender that is late, because it lost its CPU after its offer, may find VACANT a core whose owner has run what it sent: it
     * seats a carrier, which finds nothing and sleeps.
     *
     * A rest says whether it was COUNTED among the idle cores, so that who ends it knows whether to count it out again, and
     * under which lease it began, so that an owner which takes back its rest never takes a later owner's.
     */

    /** There is an owner, and it will look at the queues again before it rests. */
    public static final long AWAKE = 0;

    /** The owner sleeps, or is about to. */
    public static final long PARKED = 1;

    /** There is no owner. */
    public static final long VACANT = 2;

    /** There is an owner, awake, which has been woken to search. */
    public static final long SEARCHING = 3;

    /** The owner sleeps, and is the owner no longer when this ends. */
    public static final long CLAIMED = 4;

    /** Added to a rest that was counted among the idle cores. */
    public static final long COUNTED = 8;

    private static final long KIND_MASK = 7;
    private static final int LEASE_SHIFT = 4;

    private static final VarHandle STATE =
            fieldVarHandle(MethodHandles.lookup(), "state", VarHandle.class, OwnerState.class, long.class);

    private volatile long state = VACANT;

    /** Makes the state of a core that has no owner yet. */
    public OwnerState() {}

    /** Makes a rest of {@link #PARKED} or {@link #VACANT}. */
    public static long rest(long kind, boolean counted, long lease) {
        return lease << LEASE_SHIFT | (counted ? COUNTED : 0) | kind;
    }

    /** What kind of rest it is, or of waking. */
    public static long kind(long state) {
        return state & KIND_MASK;
    }

    /** Whether the rest was counted among the idle cores. */
    public static boolean isCounted(long rest) {
        return (rest & COUNTED) != 0;
    }

    /** Owner: rests from now on, unless it takes that back. */
    public void announce(long rest) {
        state = rest;
    }

    /** Owner, or monitor: it is to be awake after all. Returns false if somebody was faster. A rest of another kind or lease is left alone. */
    public boolean takeBack(long rest) {
        return STATE.compareAndSet(this, rest, AWAKE);
    }

    /**
     * Ends the rest.
     *
     * @param to {@link #AWAKE} or {@link #SEARCHING}
     * @return the rest that the caller has ended, and must see to: PARKED, to unpark the owner; VACANT, to seat one; or
     *     AWAKE, if there was none or somebody was faster
     */
    public long rouse(long to) {
        long seen = state;
        return isRest(seen) && STATE.compareAndSet(this, seen, to) ? seen : AWAKE;
    }

    /** Ends the rest of an owner that sleeps. Returns the rest, or AWAKE if there was none. */
    public long wake() {
        long seen = state;
        return kind(seen) == PARKED && STATE.compareAndSet(this, seen, AWAKE) ? seen : AWAKE;
    }

    /** Takes a core that has no owner. Returns the rest, or AWAKE if it has one. */
    public long occupy() {
        long seen = state;
        return kind(seen) == VACANT && STATE.compareAndSet(this, seen, AWAKE) ? seen : AWAKE;
    }

    /** Begins to take the core from an owner that sleeps. Returns the rest, or AWAKE if there was none. */
    public long claim() {
        long seen = state;
        return kind(seen) == PARKED && STATE.compareAndSet(this, seen, CLAIMED) ? seen : AWAKE;
    }

    /** Owner: is awake, and told whether it is to search. */
    public boolean acknowledge() {
        boolean searching = state == SEARCHING;
        if (searching) {
            state = AWAKE;
        }
        return searching;
    }

    /** Owner: whether it still has to sleep. */
    public boolean isAsleep() {
        long seen = state;
        return kind(seen) == PARKED || seen == CLAIMED;
    }

    /** Whether the core has no owner. */
    public boolean isVacant() {
        return kind(state) == VACANT;
    }

    /** Whether the core rests, with an owner or without. */
    public boolean isResting() {
        return isRest(state);
    }

    /** The rest that the core is in, or AWAKE. */
    public long rest() {
        long seen = state;
        return isRest(seen) ? seen : AWAKE;
    }

    private static boolean isRest(long state) {
        long kind = kind(state);
        return kind == PARKED || kind == VACANT;
    }
}
