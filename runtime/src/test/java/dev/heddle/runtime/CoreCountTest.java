package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.FakeMachine;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CoreCountTest {
    private static final CpuSet AMONG = CpuSet.parse("2,4-6,9");

    @TempDir
    private Path root;

    private CpuSet resolve(Placement placement) {
        return placement.resolve(new FakeMachine(root, AMONG.toString()).read());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1 | 2",
                "3 | 2,4-5",
                "5 | 2,4-6,9",
                "4-6 | 4-6",
                "4-4 | 4",
                "2,9 | 2,9",
                "0x14 | 2,4",
                "excluding:2/one-per-core | 4-6,9"
            })
    void aNumberIsACountAndAllElseAPlacement(String text, String expected) {
        assertEquals(CpuSet.parse(expected), CoreCount.parse(text, AMONG, this::resolve));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0 | asks for 0 cores: this process may use 5, which are 2,4-6,9",
                "6 | asks for 6 cores: this process may use 5",
                "99999999999 | asks for 99999999999 cores",
                "two | is neither a count of cores nor a placement",
                "'' | it is empty",
                "spread:6 | placement spread:6 cannot be met"
            })
    void whatIsNeitherIsNamed(String text, String message) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> CoreCount.parse(text, AMONG, this::resolve));
        assertTrue(String.valueOf(e.getMessage()).startsWith("HEDDLE_CORES='" + text + "'"), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }
}
