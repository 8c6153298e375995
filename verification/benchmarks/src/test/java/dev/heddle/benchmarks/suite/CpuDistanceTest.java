package dev.heddle.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.affinity.ThreadAffinity;
import org.junit.jupiter.api.Test;

/** How far the CPUs are from each other. */
class CpuDistanceTest {
    @Test
    void aWordGoesThereAndBack() throws InterruptedException {
        assumeTrue(ThreadAffinity.ofProcess().size() > 1);

        for (int i = 0; i < 3; i++) {
            double nanos = CpuDistance.nanos();

            assertTrue(nanos > 0 && nanos < Double.MAX_VALUE, "nanos: " + nanos);
        }
    }

    @Test
    void theUsualOneIsWhatMostLooksAreNearTo() {
        assertEquals(62, CpuDistance.usualOf(27, 26, 62, 62, 62, 320).usual(), 0.1);
        assertEquals(320, CpuDistance.usualOf(27, 62, 62, 319, 321, 320).usual(), 0.1);
        assertEquals(27, CpuDistance.usualOf(27, 320).usual(), 0.1); // and nothing between them, where it never was
    }

    @Test
    void itIsSaidWhereTheUsualOneIsNotVeryUsual() {
        double[] steady = {62, 64, 60, 62, 62, 62, 62, 62, 27, 320};
        double[] unsteady = {62, 64, 60, 62, 62, 62, 62, 27, 27, 320};

        assertEquals("62 ns, in 8 of 10 looks", CpuDistance.usualOf(steady).describe(steady));
        String described = CpuDistance.usualOf(unsteady).describe(unsteady);
        assertTrue(described.startsWith("62 ns, in 7 of 10 looks: unsteady."), described);
    }

    @Test
    void halfAndTwiceOfTheUsualAreOthers() {
        CpuDistance distance = new CpuDistance(62);

        assertTrue(distance.isUsual(55));
        assertTrue(distance.isUsual(70));
        assertFalse(distance.isUsual(27));
        assertFalse(distance.isUsual(320));
    }
}
