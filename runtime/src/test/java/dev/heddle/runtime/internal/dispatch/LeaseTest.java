package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** One step after the other; what becomes of them at the same time, the stress tests show. */
final class LeaseTest {
    /** The heavy half is where the owner may come between the monitor's two looks. */
    private Runnable meanwhile = () -> {};

    private final Lease lease = new Lease(new AsymmetricFence() {
        @Override
        protected void light() {}

        @Override
        protected void heavy() {
            meanwhile.run();
        }
    });
    private final Lease.Holder holder = new Lease.Holder();
    private final long number = lease.pass();

    @Test
    void aCoreIsTakenFromWhoRunsATask() {
        holder.run();
        assertEquals(number + 1, lease.take(holder, number));
        assertFalse(lease.enter(holder, number));
        assertEquals(0, lease.take(holder, number), "it is another's");
    }

    @Test
    void aCoreIsNotTakenFromWhoDispatches() {
        assertEquals(0, lease.take(holder, number));
        assertTrue(lease.enter(holder, number));
        assertEquals(number, lease.number());
    }

    @Test
    void whoComesBackWhileItIsAskedForObjects() {
        holder.run();
        meanwhile = () -> assertTrue(lease.enter(holder, number));
        assertEquals(0, lease.take(holder, number));
        assertEquals(number, lease.number());
    }

    @Test
    void whoHasObjectedAndRunsTheNextTaskKeepsTheCore() {
        holder.run();
        meanwhile = () -> {
            assertTrue(lease.enter(holder, number));
            holder.run();
        };
        assertEquals(0, lease.take(holder, number));
        assertTrue(lease.enter(holder, number));
    }

    @Test
    void whoPassesItOnWhileItIsAskedForHasPassedIt() {
        holder.run();
        meanwhile = () -> {
            assertTrue(lease.enter(holder, number));
            assertEquals(number + 1, lease.pass());
        };
        assertEquals(0, lease.take(holder, number));
        assertEquals(number + 1, lease.number());
    }

    @Test
    void aFenceThatFailsLeavesTheCoreWhereItIs() {
        holder.run();
        meanwhile = () -> {
            throw new IllegalStateException("no fence");
        };
        assertThrows(IllegalStateException.class, () -> lease.take(holder, number));
        meanwhile = () -> {};
        assertEquals(number + 1, lease.take(holder, number), "and it can be asked for again");
    }
}
