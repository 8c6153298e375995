package dev.heddle.runtime.internal.dispatch;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The carriers of one core: its owner, those that are with a task that has cost them the core, and spare ones. */
final class CarrierPool {
    /** Spare carriers that a core keeps, and for how long: enough for tasks that block a few at a time. */
    private static final int MOST_SPARES = 4;

    private static final long SPARE_AGE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Those beyond the first are in calls that block, each on a stack of its own. */
    private static final int MOST_CARRIERS = 1024;

    /** Lock-free, like all that a task touches as it gives its core away: it must not be unmounted in the middle of that. */
    private final ConcurrentLinkedQueue<CarrierThread> all = new ConcurrentLinkedQueue<>();

    private final AtomicInteger size = new AtomicInteger();

    /** Those that wait for a lease, or are about to. Whoever takes one out gives it a lease, or puts it back. */
    private final ConcurrentLinkedDeque<CarrierThread> spares = new ConcurrentLinkedDeque<>();

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
        } finally {
            if (!isBack) {
                spare.dismiss();
            }
        }
    }

    /** Starts a carrier. If that fails it is none, and the failure is thrown. */
    void start(CarrierThread fresh) {
        boolean running = false;
        try {
            size.getAndIncrement();
            all.add(fresh);
            fresh.core().settings().pinning().start(fresh);
            running = true;
        } finally {
            if (!running) {
                ended(fresh);
            }
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
