package dev.heddle.affinity.internal;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

final class ProcessBarrierTest {
    /** What it does, the stress tests of the lease show. */
    @Test
    void aProcessThatIsRegisteredMayAskForIt() {
        assumeTrue(ProcessBarrier.register(), "the kernel has no membarrier, or hides it");
        assertTrue(ProcessBarrier.register(), "a second time does no harm");
        assertDoesNotThrow(ProcessBarrier::await);
    }
}
