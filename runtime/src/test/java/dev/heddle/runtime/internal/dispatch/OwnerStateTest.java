package dev.heddle.runtime.internal.dispatch;

import static dev.heddle.runtime.internal.dispatch.OwnerState.AWAKE;
import static dev.heddle.runtime.internal.dispatch.OwnerState.PARKED;
import static dev.heddle.runtime.internal.dispatch.OwnerState.VACANT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class OwnerStateTest {
    private final OwnerState owner = new OwnerState();

    /** Else a carrier that comes back from a blocking call would be a second owner beside one that is about to sleep. */
    @Test
    void aCoreWhoseOwnerSleepsIsClaimedAndNotOccupied() {
        long rest = OwnerState.rest(PARKED, true, 7);
        owner.announce(rest);
        assertEquals(AWAKE, owner.occupy());
        assertTrue(owner.isAsleep());
        assertEquals(rest, owner.claim());
        assertFalse(owner.isResting());
        assertTrue(owner.isAsleep(), "until the lease has passed");
    }

    @Test
    void aCoreWithoutAnOwnerIsOccupiedOnceAndNotClaimed() {
        long rest = OwnerState.rest(VACANT, false, 7);
        owner.announce(rest);
        assertEquals(AWAKE, owner.claim());
        assertEquals(rest, owner.occupy());
        assertEquals(AWAKE, owner.occupy());
        assertFalse(owner.isAsleep());
    }
}
