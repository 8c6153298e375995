package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CoreCountTest {
    private static final CpuSet AMONG = CpuSet.parse("2,4-6,9");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"1 | 2", "3 | 2,4-5", "5 | 2,4-6,9", "0-3 | 0-3", "4-4 | 4", "0,8 | 0,8", "0xf | 0-3"})
    void aNumberIsACountAndAllElseAList(String text, String expected) {
        assertEquals(CpuSet.parse(expected), CoreCount.parse(text, AMONG));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | asks for 0 cores: this process may use 5, which are 2,4-6,9",
                "6 | asks for 6 cores: this process may use 5",
                "99999999999 | asks for 99999999999 cores",
                "two | is neither a count of cores nor a list of CPUs",
                "'' | names no core"
            })
    void whatIsNeitherIsNamed(String text, String message) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> CoreCount.parse(text, AMONG));
        assertTrue(String.valueOf(e.getMessage()).startsWith("HEDDLE_CORES='" + text + "'"), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }
}
