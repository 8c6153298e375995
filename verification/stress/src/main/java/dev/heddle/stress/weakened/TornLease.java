package dev.heddle.stress.weakened;

/** Lease, but with steps that are a look and a write. */
final class TornLease {
    private volatile long word;

    void run(long number) {
        word = number << 1 | 1;
    }

    boolean enter(long number) {
        if (word != (number << 1 | 1)) {
            return false;
        }
        word = number << 1; // weakened: one compare-and-set in Lease
        return true;
    }

    long take(long number) {
        if (word != (number << 1 | 1)) {
            return 0;
        }
        word = (number + 1) << 1; // weakened: one compare-and-set in Lease
        return number + 1;
    }

    void pass() {
        word = 1 << 1;
    }
}
