package dev.heddle.runtime;

import java.time.Duration;

/** Durations as nanoseconds, cut to a range in which the clock can be added without overflow. */
final class SaturatedNanos {
    /** A quarter of the range of a long: about 73 years. */
    private static final long MOST = Long.MAX_VALUE / 4;

    private SaturatedNanos() {}

    /** The nanoseconds of a duration; 0 for a negative one, 73 years for a longer one. */
    static long of(Duration duration) {
        if (duration.isNegative()) {
            return 0;
        }
        return duration.compareTo(Duration.ofNanos(MOST)) > 0 ? MOST : duration.toNanos();
    }
}
