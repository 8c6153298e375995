package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CoreArenaTest {
    private static final Path NUMA_MAPS = Path.of("/proc/self/numa_maps");

    private final int cpu = ThreadAffinity.ofProcess().last();

    private CoreManager manager(TaskMode mode) {
        return CoreManager.builder().mode(mode).cores(CpuSet.of(cpu)).start();
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void segmentsAreZeroAlignedAndApart(TaskMode mode) {
        try (CoreManager cores = manager(mode);
                Arena arena = cores.on(cpu).arena()) {
            List<MemorySegment> segments = new ArrayList<>();
            for (long alignment = 1; alignment <= 1 << 16; alignment *= 2) {
                for (long size : new long[] {0, 1, 8, 100, 5000, 300_000, 2_000_000}) {
                    MemorySegment segment = arena.allocate(size, alignment);
                    assertEquals(size, segment.byteSize());
                    assertEquals(0, segment.address() % alignment);
                    assertTrue(LongStream.range(0, size).allMatch(at -> segment.get(ValueLayout.JAVA_BYTE, at) == 0));
                    segment.fill((byte) 1); // which the next one must not show
                    segments.add(segment);
                }
            }
            assertTrue(segments.stream()
                    .allMatch(each -> LongStream.range(0, each.byteSize())
                            .allMatch(at -> each.get(ValueLayout.JAVA_BYTE, at) == 1)));
        }
    }

    @Test
    void itServesTasksOfTheCoreAndOthersAndEndsForAll() throws Exception {
        try (CoreManager cores = manager(TaskMode.VIRTUAL)) {
            Arena arena = cores.on(cpu).arena();
            assertEquals(arena.scope(), arena.allocate(0).scope());
            assertThrows(OutOfMemoryError.class, () -> arena.allocate(Long.MAX_VALUE, 8192));
            MemorySegment inside =
                    cores.on(cpu).submit(() -> arena.allocate(64)).get();
            MemorySegment outside = arena.allocate(64);
            inside.set(ValueLayout.JAVA_LONG, 0, 1);
            outside.set(ValueLayout.JAVA_LONG, 0, 2);
            assertEquals(1, inside.get(ValueLayout.JAVA_LONG, 0));
            arena.close();
            assertFalse(arena.scope().isAlive());
            assertThrows(IllegalStateException.class, () -> inside.get(ValueLayout.JAVA_LONG, 0));
            assertThrows(IllegalStateException.class, () -> arena.allocate(1));
            assertThrows(
                    IllegalArgumentException.class, () -> cores.on(cpu).arena().allocate(-1));
            assertThrows(
                    IllegalArgumentException.class, () -> cores.on(cpu).arena().allocate(1, 3));
        }
    }

    /** On which nodes the pages of a mapping are: {@code N0=256 N1=3}. */
    private static List<String> nodesOf(MemorySegment segment) throws IOException {
        String address = Long.toHexString(segment.address());
        return Files.readAllLines(NUMA_MAPS).stream()
                .filter(line -> line.startsWith(address))
                .flatMap(line -> List.of(line.split(" ", -1)).stream())
                .filter(word -> word.matches("N[0-9]+=[0-9]+"))
                .map(word -> word.substring(0, word.indexOf('=')))
                .toList();
    }

    /** The more nodes, the more it shows: {@code verification/on-many-cpus} runs it with two. */
    @Test
    void pagesAreOnTheNodeOfTheCore() throws IOException {
        Assumptions.assumeTrue(Files.isReadable(NUMA_MAPS), "SKIPPED: this kernel has no " + NUMA_MAPS);
        CpuTopology machine = CpuTopology.read();
        try (CoreManager cores = CoreManager.builder().mode(TaskMode.VIRTUAL).start()) {
            for (int each : cores.cores()) {
                try (Arena arena = cores.on(each).arena()) {
                    MemorySegment segment = arena.allocate(40 << 20, 1);
                    int node = machine.numaNode(each).orElseThrow().node();
                    assertEquals(List.of("N" + node), nodesOf(segment), "of core " + each);
                }
            }
        }
    }
}
