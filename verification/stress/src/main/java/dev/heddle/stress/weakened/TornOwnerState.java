package dev.heddle.stress.weakened;

/** OwnerState, but with steps that are a look and a write. */
final class TornOwnerState {
    static final int AWAKE = 0;
    static final int PARKED = 1;
    static final int VACANT = 2;

    private volatile int state;

    void announce(int rest) {
        state = rest;
    }

    boolean takeBack(int rest) {
        return step(rest);
    }

    boolean rouse() {
        return step(VACANT) || step(PARKED);
    }

    boolean claim() {
        return step(PARKED);
    }

    private boolean step(int from) {
        if (state != from) {
            return false;
        }
        state = AWAKE; // weakened: one compare-and-set in OwnerState
        return true;
    }
}
