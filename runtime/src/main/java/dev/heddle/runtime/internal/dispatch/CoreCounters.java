package dev.heddle.runtime.internal.dispatch;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a core counts. Those of the dispatch loop are written by the core's owner alone, in opaque mode: a hand-over orders
 * one owner's writes before the next one's. All are read by anyone, for monitoring.
 */
final class CoreCounters {
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final VarHandle DISPATCHES = handle("dispatches");
    private static final VarHandle SLICES = handle("slices");
    private static final VarHandle PARKS = handle("parks");
    private static final VarHandle WAKE_UPS = handle("wakeUps");
    private static final VarHandle STEALS = handle("steals");
    private static final VarHandle AUDITS = handle("audits");

    @SuppressWarnings("UnusedVariable") // through the handles
    private long dispatches;

    @SuppressWarnings("UnusedVariable")
    private long slices;

    @SuppressWarnings("UnusedVariable")
    private long parks;

    @SuppressWarnings("UnusedVariable")
    private long wakeUps;

    @SuppressWarnings("UnusedVariable")
    private long steals;

    @SuppressWarnings("UnusedVariable")
    private long audits;

    private final AtomicLong handOvers = new AtomicLong();
    private final AtomicLong hogs = new AtomicLong();
    private final AtomicLong misplaced = new AtomicLong();
    private final AtomicLong pinsLost = new AtomicLong();
    private final AtomicLong pinsRestored = new AtomicLong();

    private static VarHandle handle(String field) {
        return fieldVarHandle(LOOKUP, field, VarHandle.class, CoreCounters.class, long.class);
    }

    // ---- the owner's ----

    void countDispatch() {
        DISPATCHES.setOpaque(this, (long) DISPATCHES.get(this) + 1);
    }

    void countSlice() {
        SLICES.setOpaque(this, (long) SLICES.get(this) + 1);
    }

    void countPark() {
        PARKS.setOpaque(this, (long) PARKS.get(this) + 1);
    }

    void countWakeUp() {
        WAKE_UPS.setOpaque(this, (long) WAKE_UPS.get(this) + 1);
    }

    void countSteal() {
        STEALS.setOpaque(this, (long) STEALS.get(this) + 1);
    }

    // ---- any carrier's, and the monitor's ----

    /** By a carrier after a task has suspended: it has looked which CPU it is on. A lost count is no harm. */
    void countAudit(boolean inPlace) {
        AUDITS.setOpaque(this, (long) AUDITS.get(this) + 1);
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
        return (long) DISPATCHES.getOpaque(this);
    }

    long slices() {
        return (long) SLICES.getOpaque(this);
    }

    long parks() {
        return (long) PARKS.getOpaque(this);
    }

    long wakeUps() {
        return (long) WAKE_UPS.getOpaque(this);
    }

    long steals() {
        return (long) STEALS.getOpaque(this);
    }

    long audits() {
        return (long) AUDITS.getOpaque(this);
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
