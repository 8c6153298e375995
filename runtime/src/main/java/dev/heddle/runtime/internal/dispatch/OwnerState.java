package dev.heddle.runtime.internal.dispatch;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Whether a core has an owner, and whether that is awake: the word that senders look at after they have offered something,
 * and that the owner writes before it looks a last time whether something was offered.
 *
 * <p>Every access is volatile. Together with the channel's, which are too, they stand in one order, on which INV-5 rests.
 */
public final class OwnerState {
    /*
     *   from     to       by      when                                                         method
     *   RETIRED  AWAKE    start   the core starts; RETIRED is how it begins                    revive
     *   AWAKE    PARKED   owner   nothing to do                                                announce
     *   AWAKE    RETIRED  owner   nothing to do, the core is closed and its last task has left announce
     *   PARKED   AWAKE    sender  it has offered something, or closed the core; it unparks     wake
     *   PARKED   AWAKE    owner   on its second look, or a later one, there was something      takeBack
     *   RETIRED  AWAKE    sender  it has offered something; it starts a carrier                revive
     *   RETIRED  AWAKE    owner   on its second look there was something; it goes on           takeBack
     *   AWAKE    RETIRED  starter the carrier it wanted could not be started or pinned         announce
     *
     * INV-2: each step to AWAKE is a compare-and-set, so that one thread makes it, and no other step makes an owner.
     *
     * A sender that finds AWAKE does nothing: the owner has yet to announce a rest, and looks again after it has. A sender
     * whose step fails does nothing either: whoever made the step did so after the sender's offer, and the owner's next
     * second look comes later still. The one exception is the last row: work that was sent while a carrier was being
     * started in vain waits for the next sender. It concerns late carriers only, when the system has no thread to give or
     * the CPU is gone.
     */

    /** There is an owner, and it will look at the channel again before it rests. */
    public static final int AWAKE = 0;

    /** The owner sleeps, or is about to. */
    public static final int PARKED = 1;

    /** There is no owner. */
    public static final int RETIRED = 2;

    private static final VarHandle STATE =
            fieldVarHandle(MethodHandles.lookup(), "state", VarHandle.class, OwnerState.class, int.class);

    private volatile int state = RETIRED;

    /** Makes the state of a core that has no owner yet. */
    public OwnerState() {}

    /** Owner: rests from now on, {@link #PARKED} or {@link #RETIRED}, unless it takes that back. */
    public void announce(int rest) {
        state = rest;
    }

    /** Owner: is awake after all. Returns false if a sender was faster. */
    public boolean takeBack(int rest) {
        return STATE.compareAndSet(this, rest, AWAKE);
    }

    /** Sender: returns true if the owner slept and is the caller's to unpark. */
    public boolean wake() {
        return state == PARKED && STATE.compareAndSet(this, PARKED, AWAKE);
    }

    /** Sender: returns true if there was no owner and it is the caller's to start one. */
    public boolean revive() {
        return state == RETIRED && STATE.compareAndSet(this, RETIRED, AWAKE);
    }

    /** Owner: whether it still has to sleep. */
    public boolean isParked() {
        return state == PARKED;
    }

    /** Whether there is no owner. */
    public boolean isRetired() {
        return state == RETIRED;
    }
}
