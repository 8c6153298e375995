package dev.heddle.runtime.internal.task;

import java.util.function.IntSupplier;

/**
 * How many parts something is kept in, so that CPUs do not write to the same lines, and which is the calling thread's.
 *
 * @param count how many, a power of two, at most 64
 * @param current a number that is mostly the caller's alone, such as that of its core
 */
public record Stripes(int count, IntSupplier current) {
    /** For what is mostly written on one CPU. */
    public static final Stripes ONE = new Stripes(1, () -> 0);

    /** The largest count. */
    public static final int MOST = 64;

    /** Checks the count. */
    public Stripes {
        if (Integer.bitCount(count) != 1 || count < 1 || count > MOST) {
            throw new IllegalArgumentException("count must be a power of two, at most " + MOST + ", and is " + count);
        }
    }

    /** As many, but not more than that. */
    Stripes atMost(int most) {
        return count <= most ? this : new Stripes(most, current);
    }

    /** Which part the calling thread should use: from 0, below the count. */
    int index() {
        return current.getAsInt() & (count - 1);
    }
}
