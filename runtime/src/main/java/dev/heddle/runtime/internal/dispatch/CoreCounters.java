package dev.heddle.runtime.internal.dispatch;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a core counts. Those of the dispatch loop are written by the core's owner alone, in opaque mode: a hand-over orders
 * one owner's writes before the next one's. All are read by anyone, for monitoring.
 */
final class CoreCounters {
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

    /** 128 bytes: two cache lines, for processors fetch them in pairs. */
    private static final int PADDING = 16;

    private static final int DISPATCHES = PADDING;
    private static final int SLICES = PADDING + 1;
    private static final int PARKS = PADDING + 2;
    private static final int WAKE_UPS = PADDING + 3;
    private static final int STEALS = PADDING + 4;
    private static final int AUDITS = PADDING + 5;

    /** The owner's, on lines of their own: it writes some for each task, beside what others may read. */
    private final long[] counts = new long[AUDITS + 1 + PADDING];

    private final AtomicLong handOvers = new AtomicLong();
    private final AtomicLong hogs = new AtomicLong();
    private final AtomicLong misplaced = new AtomicLong();
    private final AtomicLong pinsLost = new AtomicLong();
    private final AtomicLong pinsRestored = new AtomicLong();

    private void count(int which) {
        COUNT.setOpaque(counts, which, counts[which] + 1);
    }

    private long get(int which) {
        return (long) COUNT.getOpaque(counts, which);
    }

    // ---- the owner's ----

    void countDispatch() {
        count(DISPATCHES);
    }

    void countSlice() {
        count(SLICES);
    }

    void countPark() {
        count(PARKS);
    }

    void countWakeUp() {
        count(WAKE_UPS);
    }

    void countSteal() {
        count(STEALS);
    }

    // ---- any carrier's, and the monitor's ----

    /** By a carrier after a task has suspended: it has looked which CPU it is on. A lost count is no harm. */
    void countAudit(boolean inPlace) {
        count(AUDITS);
        if (!inPlace) {
            misplaced.getAndIncrement();
        }
    }

    void countHandOver() {
        handOvers.getAndIncrement();
    }

    void countHog() {
        hogs.getAndIncrement();
    }

    void countPinLost() {
        pinsLost.getAndIncrement();
    }

    void countPinRestored() {
        pinsRestored.getAndIncrement();
    }

    // ---- for monitoring ----

    long dispatches() {
        return get(DISPATCHES);
    }

    long slices() {
        return get(SLICES);
    }

    long parks() {
        return get(PARKS);
    }

    long wakeUps() {
        return get(WAKE_UPS);
    }

    long steals() {
        return get(STEALS);
    }

    long audits() {
        return get(AUDITS);
    }

    long handOvers() {
        return handOvers.get();
    }

    long hogs() {
        return hogs.get();
    }

    long misplaced() {
        return misplaced.get();
    }

    long pinsLost() {
        return pinsLost.get();
    }

    long pinsRestored() {
        return pinsRestored.get();
    }
}
