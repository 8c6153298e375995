package dev.heddle.affinity.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** One buffer is lent to whoever comes while it is free, and to nobody else at the same time. */
final class MaskBufferTest {
    @Test
    void whoComesWhileItIsLentGetsAnother() {
        MemorySegment shared;
        MemorySegment other;
        try (MaskBuffer first = MaskBuffer.borrow(8);
                MaskBuffer second = MaskBuffer.borrow(8)) {
            first.write(new long[] {1});
            second.write(new long[] {2});
            assertArrayEquals(new long[] {1}, first.read(8));
            assertArrayEquals(new long[] {2}, second.read(8));
            shared = first.mask();
            other = second.mask();
            assertNotEquals(shared.address(), other.address());
        }
        assertThrows(IllegalStateException.class, () -> other.fill((byte) 0)); // it has been freed
        try (MaskBuffer again = MaskBuffer.borrow(MaskBuffer.MAX_BYTES)) {
            assertEquals(shared.address(), again.mask().address());
        }
    }

    @Test
    void aMaskIsWholeWordsThatDoubleUpToTheLongest() {
        assertEquals(8, MaskBuffer.bytesFor(-1));
        assertEquals(8, MaskBuffer.bytesFor(64));
        assertEquals(16, MaskBuffer.bytesFor(65));
        assertEquals(32, MaskBuffer.bytesFor(130));
        assertEquals(8192, MaskBuffer.bytesFor(65_536));
        assertEquals(8192, MaskBuffer.bytesFor(100_000));
        try (MaskBuffer longer = MaskBuffer.borrow(2 * MaskBuffer.MAX_BYTES)) {
            assertEquals(2 * MaskBuffer.MAX_BYTES, longer.mask().byteSize());
        }
    }

    @Test
    void threadsThatCallAtTheSameTimeSeeTheirOwn() throws Exception {
        int threads = 4;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<? extends Future<?>> all = IntStream.range(0, threads)
                    .mapToObj(thread -> pool.submit(() -> {
                        for (int i = 0; i < 20_000; i++) {
                            try (MaskBuffer buffer = MaskBuffer.borrow(8)) {
                                buffer.write(new long[] {thread});
                                if (i % 16 == 0) {
                                    Thread.yield();
                                }
                                assertArrayEquals(new long[] {thread}, buffer.read(8));
                            }
                        }
                    }))
                    .toList();
            for (Future<?> each : all) {
                each.get();
            }
        }
    }
}
