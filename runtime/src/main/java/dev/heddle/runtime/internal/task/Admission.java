package dev.heddle.runtime.internal.task;

import dev.heddle.runtime.OverflowPolicy;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The places of one core, or of all together, for tasks that have been admitted and have not begun to run.
 *
 * <p>Only new tasks need a place; the resumption of one that runs is never held up or refused (INV-6).
 */
public final class Admission {
    /** No limit: the default of a manager. */
    public static final int UNBOUNDED = Integer.MAX_VALUE;

    private final String place;
    private final int capacity;
    private final OverflowPolicy policy;
    private final @Nullable Semaphore places;

    /**
     * Makes places.
     *
     * @param place whose they are, for messages
     * @param capacity how many places; {@link #UNBOUNDED} for no limit
     * @param policy what a sender meets when there is none
     */
    public Admission(String place, int capacity, OverflowPolicy policy) {
        this.place = place;
        this.capacity = capacity;
        this.policy = policy;
        this.places = capacity == UNBOUNDED ? null : new Semaphore(capacity);
    }

    /**
     * Takes a place, by the policy: waits for one, or refuses. May block the caller, or park it if it is virtual.
     *
     * @throws RejectedExecutionException if there is none to be had, or the caller is interrupted while it waits
     */
    public void acquire() {
        if (places == null || places.tryAcquire()) {
            return;
        }
        if (policy == OverflowPolicy.REJECT) {
            throw new RejectedExecutionException(place + " has " + capacity + " tasks waiting to start, its"
                    + " capacity: send fewer, raise CoreManagerBuilder.capacity, or choose OverflowPolicy.BLOCK");
        }
        try {
            places.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RejectedExecutionException(
                    "interrupted while waiting for one of the " + capacity + " places of " + place
                            + ": the task was not started",
                    e);
        }
    }

    /** Gives a place back: the task began to run, or will not start after all. */
    public void release() {
        if (places != null) {
            places.release();
        }
    }

    /** Lets every waiting sender go on, to find the core closed. Called once, after it is. */
    public void releaseAll() {
        if (places != null) {
            places.release(Integer.MAX_VALUE - capacity);
        }
    }
}
