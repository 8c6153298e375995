package dev.heddle.runtime.internal.dispatch;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The carriers of one core: its owner, those that are with a task that has cost them the core, and spare ones; and whether any
 * more can be had.
 *
 * <p>The collections are lock-free, for a task that is about to block gives its core away here: it must not be unmounted in the
 * middle of that. The log may lock: a lack is reported by who holds the core no longer, or by the monitor, which never did.
 */
final class CarrierPool {
    /** Spare carriers that a core keeps, and for how long: enough for tasks that block a few at a time. */
    private static final int MOST_SPARES = 4;

    private static final long SPARE_AGE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Those beyond the first are in calls that block, each on a stack of its own. */
    private static final int MOST_CARRIERS = 1024;

    /** From one try of the monitor to have a carrier to the next: the JVM itself writes a line about each that fails. */
    private static final long RETRY_NANOS = 100_000_000;

    private final VirtualCoreContext core;

    private final ConcurrentLinkedQueue<CarrierThread> all = new ConcurrentLinkedQueue<>();

    private final AtomicInteger size = new AtomicInteger();

    /** Those that wait for a lease, or are about to. Whoever takes one out gives it a lease, or puts it back. */
    private final ConcurrentLinkedDeque<CarrierThread> spares = new ConcurrentLinkedDeque<>();

    /** The carrier that owns the core, or the last one that did. Written by who makes it the owner. */
    private volatile @Nullable CarrierThread owner;

    /** The monitor has started a spare that is not pinned yet. */
    private volatile boolean spareIsComing;

    /** It has been said that no carrier can be had, and none has been ready since. */
    private volatile boolean lacking;

    /** When the monitor had to see to a carrier, or one could not be had: it tries again some time after that. */
    private volatile long lastRetry = System.nanoTime() - RETRY_NANOS;

    CarrierPool(VirtualCoreContext core) {
        this.core = core;
    }

    /** The carrier that owns the core, or the last one that did. */
    @Nullable
    CarrierThread owner() {
        return owner;
    }

    /** By a carrier that has taken the core: it is the owner. */
    void setOwner(CarrierThread carrier) {
        owner = carrier;
    }

    /**
     * By who holds the core: a new carrier owns it from now on. If none can be started that is thrown, and the core has no owner.
     *
     * @param lease the number that the owner holds the core by
     * @return false if one could not be had a moment ago, and was not asked for again: the core has no owner
     */
    boolean startOwner(long lease) {
        if (areLacking()) {
            return false;
        }
        start(lease);
        return true;
    }

    /** By who holds the core: a spare one, which the caller has taken, owns it from now on. */
    void seat(CarrierThread spare, long lease) {
        owner = spare;
        spare.assign(lease);
    }

    /** Monitor: a spare one will be wanted. Has it started, unless one comes or cannot be had. Throws nothing. */
    void prepareSpare() {
        if (spareIsComing || isFull() || areLacking()) {
            return;
        }
        spareIsComing = true;
        try {
            start(0);
        } catch (Throwable noMemory) {
            spareIsComing = false;
            reportLack(noMemory);
        }
    }

    /** Whether none could be had a moment ago: to try again is the monitor's affair, and not of each sender. */
    boolean areLacking() {
        return lacking && System.nanoTime() - lastRetry < RETRY_NANOS;
    }

    /** Monitor: whether to try again by now. {@link #retried} follows. */
    boolean mayRetry(long now) {
        return now - lastRetry >= RETRY_NANOS;
    }

    /** Monitor: has tried again, with success or without. */
    void retried(long now) {
        lastRetry = now; // not before: the try itself would find that there was one just now
    }

    /** Says, once, that no carrier can be had. Throws nothing: what was sent is in the queues. */
    void reportLack(Throwable why) {
        if (!lacking) {
            lacking = true;
            FailureLog.error(
                    CarrierPool.class,
                    core,
                    "did not get a carrier that it needs; what waits for it waits, and it tries again",
                    why);
        }
    }

    /** Takes a spare one, for which the caller has a lease; null if there is none. */
    @Nullable
    CarrierThread takeSpare() {
        return spares.pollLast();
    }

    /** Puts back one that was taken and did not get a lease. Where there is no memory for that it ends. */
    void putBack(CarrierThread spare) {
        boolean isBack = false;
        try {
            spares.addLast(spare);
            isBack = true;
            LockSupport.unpark(spare); // it may be needed no longer, and have been told so while it was taken
        } finally {
            if (!isBack) {
                spare.dismiss();
            }
        }
    }

    /** Starts an owner under a lease, or a spare one if that is 0. If it fails there is none, and the failure is thrown. */
    private void start(long lease) {
        CarrierThread fresh = null;
        boolean running = false;
        try {
            fresh = new CarrierThread(core, lease);
            size.getAndIncrement();
            if (lease != 0) {
                owner = fresh;
            }
            all.add(fresh);
            core.settings().pinning().start(fresh);
            running = true;
        } finally {
            if (!running) {
                lastRetry = System.nanoTime();
                if (fresh != null) {
                    ended(fresh);
                }
            }
        }
    }

    /** Carrier: is pinned. */
    void ready(CarrierThread carrier) {
        lacking = false;
        if (carrier.lease() == 0) {
            spareIsComing = false;
        }
    }

    /** Carrier: could not be pinned, and will end. */
    void failed(CarrierThread carrier) {
        lastRetry = System.nanoTime();
        if (carrier.lease() == 0) {
            spareIsComing = false;
        }
    }

    /**
     * Carrier: waits until it is given a lease.
     *
     * @param isEnding whether the core needs no spares any longer; {@link #wakeSpares()} follows when that becomes so
     * @return false if it is needed no longer, and must end
     */
    boolean awaitLease(CarrierThread waiting, BooleanSupplier isEnding) {
        if (isEnding.getAsBoolean() || spares.size() >= MOST_SPARES) {
            return false;
        }
        spares.addLast(waiting); // 1. publish
        long since = System.nanoTime();
        while (waiting.lease() == 0) {
            if (waiting.isDismissed()) {
                return false;
            }
            boolean old = System.nanoTime() - since >= SPARE_AGE_NANOS;
            if ((old || isEnding.getAsBoolean()) && spares.remove(waiting)) { // 2. look. Pairs with wakeSpares()
                return false;
            }
            Thread.interrupted(); // a set interrupt status would make park return at once, for ever
            LockSupport.parkNanos(this, SPARE_AGE_NANOS);
        }
        return true;
    }

    /** Has every spare one look whether it is still needed. Called after the reason is there to be seen. */
    void wakeSpares() {
        spares.forEach(LockSupport::unpark);
    }

    void ended(CarrierThread carrier) {
        size.getAndDecrement();
        all.remove(carrier);
    }

    boolean isFull() {
        return size.get() >= MOST_CARRIERS;
    }

    int size() {
        return size.get();
    }

    int spares() {
        return spares.size();
    }

    boolean isEmpty() {
        return size.get() == 0;
    }

    void forEach(Consumer<CarrierThread> action) {
        all.forEach(action);
    }

    /** Waits until none is left. */
    void awaitGone(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        for (CarrierThread each : all) {
            long left = deadline - System.nanoTime();
            if (left > 0) {
                each.join(TimeUnit.NANOSECONDS.toMillis(left), (int) (left % 1_000_000));
            }
        }
    }
}
