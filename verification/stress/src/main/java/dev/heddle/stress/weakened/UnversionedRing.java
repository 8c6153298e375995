package dev.heddle.stress.weakened;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/** StealableRunQueue, but with a word that only says where the oldest item is and how many there are. For items above 0. */
public final class UnversionedRing {
    private static final int CAPACITY = 8;

    private final AtomicIntegerArray slots = new AtomicIntegerArray(CAPACITY);
    private final AtomicInteger word = new AtomicInteger();

    public boolean offer(int item) {
        while (true) {
            int seen = word.get();
            if (count(seen) == CAPACITY) {
                return false;
            }
            slots.set((head(seen) + count(seen)) % CAPACITY, item);
            if (step(seen, head(seen), count(seen) + 1)) {
                return true;
            }
        }
    }

    public @Nullable Integer pollOldest() {
        while (true) {
            int seen = word.get();
            if (count(seen) == 0) {
                return null;
            }
            int item = slots.get(head(seen));
            if (step(seen, head(seen) + 1, count(seen) - 1)) {
                return item;
            }
        }
    }

    public @Nullable Integer pollNewest() {
        while (true) {
            int seen = word.get();
            if (count(seen) == 0) {
                return null;
            }
            int item = slots.get((head(seen) + count(seen) - 1) % CAPACITY);
            if (step(seen, head(seen), count(seen) - 1)) {
                return item;
            }
        }
    }

    public int takeHalf(@Nullable Object[] into) {
        while (true) {
            int seen = word.get();
            int taken = count(seen) - count(seen) / 2;
            for (int i = 0; i < taken; i++) {
                into[i] = slots.get((head(seen) + i) % CAPACITY);
            }
            if (taken == 0 || step(seen, head(seen) + taken, count(seen) - taken)) {
                return taken;
            }
        }
    }

    private boolean step(int seen, int head, int count) {
        return word.compareAndSet(seen, (head % CAPACITY) << 8 | count); // weakened: no version
    }

    private static int head(int word) {
        return word >>> 8;
    }

    private static int count(int word) {
        return word & 0xff;
    }
}
