package dev.heddle.runtime;

import java.time.Duration;

/**
 * What a carrier does when its core has nothing to run: how long it looks for work before it parks in the kernel.
 *
 * <p>While it looks it asks the kernel for blocking sockets, too, in place of JDK pollers that came to it while no core of the
 * manager was parked: no other thread has to run between a packet and the task that waits for it. That needs JDK 25, and a
 * manager that the JDK's pollers run on (not one with {@code housekeeping}, {@code exclusive} cores, {@code shuffled} order or a
 * {@link HogPolicy} that only reports); else, and for a {@code Selector}, a thread of the JDK's waits for them, which needs a
 * CPU for that.
 */
public final class IdleStrategy {
    /** Shorter than a park and its wake-up take together (some 10 us), so that it costs little where it gains nothing. */
    private static final Duration DEFAULT_SPIN = Duration.ofNanos(20_000);

    private final long spinNanos;
    private final String description;

    private IdleStrategy(long spinNanos, String description) {
        this.spinNanos = spinNanos;
        this.description = description;
    }

    /**
     * Parks at once: no CPU time is spent on waiting, and waking takes the kernel some microseconds. The default where the process
     * has one CPU.
     *
     * @return the strategy
     */
    public static IdleStrategy park() {
        return new IdleStrategy(0, "park");
    }

    /**
     * Looks for work for 20 microseconds, then parks. The default where the process has more than one CPU.
     *
     * @return the strategy
     */
    public static IdleStrategy spinThenPark() {
        return spinThenPark(DEFAULT_SPIN);
    }

    /**
     * Looks for work for a while, then parks.
     *
     * @param spin how long
     * @return the strategy
     * @throws IllegalArgumentException if the time is negative
     */
    public static IdleStrategy spinThenPark(Duration spin) {
        if (spin.isNegative()) {
            throw new IllegalArgumentException("a carrier cannot spin for " + spin);
        }
        long nanos = SaturatedNanos.of(spin);
        return new IdleStrategy(nanos, "spin for " + nanos + " ns, then park");
    }

    /**
     * Never parks: the lowest latency, for a CPU that nothing else needs. The CPU is busy all the time. What needs that CPU all the same, the JVM's compilers
     * and collectors where there is no other, waits for the kernel's time slices.
     *
     * @return the strategy
     */
    public static IdleStrategy busySpin() {
        return new IdleStrategy(Long.MAX_VALUE, "busy spin");
    }

    long spinNanos() {
        return spinNanos;
    }

    @Override
    public String toString() {
        return description;
    }
}
