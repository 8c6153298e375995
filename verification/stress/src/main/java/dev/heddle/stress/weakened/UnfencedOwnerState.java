package dev.heddle.stress.weakened;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** OwnerState, but announcing in release mode. */
final class UnfencedOwnerState {
    static final int AWAKE = 0;
    static final int PARKED = 1;

    private static final VarHandle STATE = ConstantBootstraps.fieldVarHandle(
            MethodHandles.lookup(), "state", VarHandle.class, UnfencedOwnerState.class, int.class);

    private volatile int state;

    void announce(int rest) {
        STATE.setRelease(this, rest); // weakened: volatile in OwnerState
    }

    boolean takeBack(int rest) {
        return STATE.compareAndSet(this, rest, AWAKE);
    }

    boolean wake() {
        return state == PARKED && STATE.compareAndSet(this, PARKED, AWAKE);
    }
}
