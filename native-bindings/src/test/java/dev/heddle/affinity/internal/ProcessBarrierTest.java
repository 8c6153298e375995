package dev.heddle.affinity.internal;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class ProcessBarrierTest {
    /** Every kernel since 4.14 has it, and containers let it through. What it does, the stress tests of the lease show. */
    @Test
    void theKernelHasItOnceTheProcessIsRegistered() {
        assertTrue(ProcessBarrier.register());
        assertTrue(ProcessBarrier.register(), "a second time does no harm");
        assertDoesNotThrow(ProcessBarrier::await);
    }
}
