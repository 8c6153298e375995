package dev.heddle.runtime.internal.dispatch;

import org.jspecify.annotations.Nullable;

/**
 * Whether a core is one of its manager's, and where its PINNED tasks are served once it is not.
 *
 * <p>A core joins, and may leave; it does not come back. {@link #join} and {@link #leave} are for who changes the cores,
 * one at a time; all else may be called by any thread.
 */
public final class Membership {
    private final boolean exclusive;

    /** Read for each task: from its joining to its leaving. */
    private volatile boolean sharing;

    private volatile boolean leaving;

    /** Where a resize moves its PINNED tasks, until that has begun. Written before {@link #leaving}. */
    private volatile @Nullable VirtualCoreContext goesTo;

    /** Where its PINNED tasks have moved, or where they have moved on to. */
    private volatile @Nullable VirtualCoreContext movedTo;

    /**
     * That of a core which has not joined yet.
     *
     * @param exclusive whether no two of its tasks may be between two suspensions at once: then a move begins between two tasks
     */
    public Membership(boolean exclusive) {
        this.exclusive = exclusive;
    }

    /** Whether no two of its tasks may be between two suspensions at once. */
    boolean isExclusive() {
        return exclusive;
    }

    /** Whether it is one of the manager's cores, takes work that any core may run, and is counted when it rests. */
    public boolean isSharing() {
        return sharing;
    }

    /** Whether a resize has removed it: it serves its own tasks, and those that prefer it go elsewhere. */
    boolean isLeaving() {
        return leaving;
    }

    /** It is one of the manager's cores from now on. The caller then ends its rest, which is not counted yet. */
    public void join() {
        sharing = true;
    }

    /** It is none from now on. Its PINNED tasks go to another core, or stay if that is null. */
    void leave(@Nullable VirtualCoreContext target) {
        goesTo = target;
        if (!exclusive) {
            move();
        }
        leaving = true;
        sharing = false;
    }

    /**
     * If its PINNED tasks go elsewhere: senders send them there from now on. By who holds the core, between two tasks; by the resize if the core
     * is not exclusive. For if it is, no other task may be about while one is between two suspensions, not even on another core.
     *
     * @return where they go, or null if they stay
     */
    @Nullable
    VirtualCoreContext move() {
        VirtualCoreContext target = goesTo;
        if (target != null) {
            movedTo = target;
            goesTo = null; // and keeps it alive no longer than movedTo does
        }
        return movedTo;
    }

    /** Whether its PINNED tasks go elsewhere, or will. */
    boolean isMoving() {
        return goesTo != null || movedTo != null;
    }

    /** Whether senders send its PINNED tasks elsewhere. */
    boolean hasMoved() {
        return movedTo != null;
    }

    /**
     * Where resizes have moved its PINNED tasks by now. The way there grows by a step with each resize: it is followed in a loop, and cut short. A late
     * writer may make it longer again, but never wrong, for no core on it comes back.
     *
     * @return null if they are served by the core itself
     */
    @Nullable
    VirtualCoreContext home() {
        VirtualCoreContext first = movedTo;
        if (first == null) {
            return null;
        }
        VirtualCoreContext last = first;
        VirtualCoreContext next;
        while ((next = last.membership().movedTo) != null) {
            last = next;
        }
        if (last != first) {
            movedTo = last;
        }
        return last;
    }
}
