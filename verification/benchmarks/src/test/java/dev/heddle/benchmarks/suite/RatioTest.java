package dev.heddle.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RatioTest {
    @Test
    void isTheGeometricMeanOfThePairsWithStudentsLimits() {
        Ratio ratio = Ratio.of(Map.of(1, 10.0, 2, 20.0, 3, 40.0), Map.of(1, 10.0, 2, 10.0, 3, 10.0));

        // By hand: the logarithms are 0, ln 2 and 2 ln 2, their deviation ln 2, and Student's 97.5 % with 2 degrees
        // 4.3027.
        double half = 4.3027 * Math.log(2) / Math.sqrt(3);
        assertEquals(2, ratio.mean(), 1e-9);
        assertEquals(2 / Math.exp(half), ratio.low(), 1e-4);
        assertEquals(2 * Math.exp(half), ratio.high(), 1e-3);
    }

    @Test
    void comparesWhatWasMeasuredInTheSameRound() {
        // Both drift by a factor of ten from round to round, and round 3 lacks one of them.
        Ratio ratio = Ratio.of(Map.of(1, 3.0, 2, 30.0, 3, 300.0), Map.of(2, 10.0, 1, 1.0));

        assertEquals(3, ratio.mean(), 1e-9);
        assertEquals(3, ratio.low(), 1e-9);
        assertEquals(3, ratio.high(), 1e-9);
    }

    @Test
    void oneRoundHasNoLimits() {
        Ratio ratio = Ratio.of(Map.of(1, 3.0), Map.of(1, 2.0));

        assertEquals(1.5, ratio.mean(), 1e-9);
        assertTrue(Double.isNaN(ratio.low()));
        assertEquals("1.50", ratio.toString());
    }

    @Test
    void isUnknownWithoutAPairOrWithAZero() {
        assertFalse(Ratio.of(Map.of(1, 3.0), Map.of(2, 2.0)).isKnown());
        assertFalse(Ratio.of(Map.of(), Map.of()).isKnown());
        assertFalse(Ratio.of(Map.of(1, 0.0, 2, 1.0), Map.of(1, 1.0, 2, 1.0)).isKnown());
        assertFalse(Ratio.of(Map.of(1, 1.0, 2, 1.0), Map.of(1, 1.0, 2, 0.0)).isKnown());
        assertEquals("-", Ratio.of(Map.of(), Map.of()).toString());
    }
}
