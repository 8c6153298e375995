package dev.heddle.runtime;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for a condition, with a deadline that only a hang meets. */
final class Waiting {
    static final Duration DEADLINE = Duration.ofSeconds(60);

    private Waiting() {}

    /** The same without a suspension of the caller. */
    static void spinUntil(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("after " + DEADLINE + " still not: " + what);
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
