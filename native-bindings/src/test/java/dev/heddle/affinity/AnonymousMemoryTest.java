package dev.heddle.affinity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AnonymousMemoryTest {
    private static boolean isMapped(long address) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/maps")).stream().anyMatch(line -> {
            int dash = line.indexOf('-');
            long first = Long.parseUnsignedLong(line, 0, dash, 16);
            long end = Long.parseUnsignedLong(line, dash + 1, line.indexOf(' '), 16);
            return first <= address && address < end;
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4096, 1_000_000, 1L << 30})
    void pagesAreZeroAndWritableAndGivenBack(long size) throws IOException {
        long address;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pages = AnonymousMemory.map(size, arena);
            address = pages.address();
            assertEquals(size, pages.byteSize());
            assertEquals(0, address % 4096);
            assertEquals(0, pages.get(ValueLayout.JAVA_BYTE, size - 1));
            pages.set(ValueLayout.JAVA_BYTE, size - 1, (byte) 7);
            assertEquals(7, pages.get(ValueLayout.JAVA_BYTE, size - 1));
            assertTrue(isMapped(address));
        }
        assertFalse(isMapped(address));
    }

    @Test
    void whatCannotBeMappedIsNamed() {
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(IllegalArgumentException.class, () -> AnonymousMemory.map(0, arena));
            assertThrows(IllegalArgumentException.class, () -> AnonymousMemory.map(-1, arena));
            OutOfMemoryError e = assertThrows(OutOfMemoryError.class, () -> AnonymousMemory.map(1L << 60, arena));
            assertTrue(String.valueOf(e.getMessage()).contains("1152921504606846976 bytes"), e.getMessage());
        }
    }

    @Test
    void aClosedArenaKeepsNothing() {
        Arena arena = Arena.ofShared();
        arena.close();
        assertThrows(IllegalStateException.class, () -> AnonymousMemory.map(4096, arena));
    }
}
