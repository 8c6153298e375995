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

/** One buffer is kept for whoever comes while it is free; nobody shares it. */
final class MaskBufferTest {
    @Test
    void whoComesWhileTheOneThatStaysIsTakenGetsAnother() {
        MemorySegment stays;
        MemorySegment other;
        try (MaskBuffer first = MaskBuffer.forBytes(8);
                MaskBuffer second = MaskBuffer.forBytes(8)) {
            first.write(new long[] {1});
            second.write(new long[] {2});
            assertArrayEquals(new long[] {1}, first.read(8));
            assertArrayEquals(new long[] {2}, second.read(8));
            stays = first.mask();
            other = second.mask();
            assertNotEquals(stays.address(), other.address());
        }
        assertThrows(IllegalStateException.class, () -> other.fill((byte) 0)); // it has been freed
        try (MaskBuffer again = MaskBuffer.forBytes(MaskBuffer.MAX_BYTES)) {
            assertEquals(stays.address(), again.mask().address());
        }
    }

    @Test
    void threadsThatCallAtTheSameTimeSeeTheirOwn() throws Exception {
        int threads = 4;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<? extends Future<?>> all = IntStream.range(0, threads)
                    .mapToObj(thread -> pool.submit(() -> {
                        for (int i = 0; i < 20_000; i++) {
                            try (MaskBuffer buffer = MaskBuffer.forBytes(8)) {
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
