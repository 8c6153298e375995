package dev.heddle.runtime;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waits for a condition, with a deadline that only a hang meets. */
public final class Waiting {
    static final Duration DEADLINE = Duration.ofSeconds(60);

    private Waiting() {}

    /** The same without a suspension of the caller. */
    public static void spinUntil(String what, BooleanSupplier condition) {
        spinUntil(what, condition, () -> "");
    }

    /** The same; what there was instead follows in the message. */
    static void spinUntil(String what, BooleanSupplier condition, Supplier<?> instead) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("after " + DEADLINE + " still not: " + what + instead.get());
            }
            Thread.onSpinWait();
        }
    }

    static void until(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("after " + DEADLINE + " still not: " + what);
            }
            Thread.onSpinWait();
            Thread.yield();
        }
    }
}
