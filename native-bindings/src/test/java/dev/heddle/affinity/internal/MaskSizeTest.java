package dev.heddle.affinity.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.internal.generated.Libc;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Masks for more CPUs than the machine that runs the test has: the kernel's answers are played. */
final class MaskSizeTest {
    /** A kernel that wants masks of so many bytes, and holds one. */
    private static final class BigKernel extends KernelThread {
        private final long wantedBytes;
        private final List<Long> asked = new ArrayList<>();
        private CpuSet held = CpuSet.empty();

        BigKernel(long wantedBytes) {
            this.wantedBytes = wantedBytes;
        }

        @Override
        int nativeGet(MaskBuffer buffer, long bytes) {
            asked.add(bytes);
            if (bytes < wantedBytes) {
                return Errno.EINVAL;
            }
            buffer.write(Arrays.copyOf(
                    held.toLongArray(), (int) (bytes / Long.BYTES))); // the rest is 0, as by the C library
            return 0;
        }

        @Override
        int nativeSet(MaskBuffer buffer, long bytes) {
            held = CpuSet.copyOf(buffer.read(bytes));
            return 0;
        }

        @Override
        String getter() {
            return "get";
        }

        @Override
        String setter() {
            return "set";
        }

        @Override
        String subject() {
            return "big";
        }
    }

    @Test
    void aMaskBeyond1024CpusIsReadByGrowingUntilTheKernelTakesIt() {
        BigKernel kernel = new BigKernel(1024);
        CpuSet cpus = CpuSet.of(0, 1023, 1024, 5000, 8191);
        kernel.setAffinity(cpus);
        assertEquals(cpus, kernel.affinity());
        long first = MaskBuffer.bytesFor(Libc.sysconf(Libc._SC_NPROCESSORS_CONF()));
        assertEquals(
                LongStream.iterate(first, each -> each <= 1024, each -> 2 * each)
                        .boxed()
                        .toList(),
                kernel.asked);
    }

    @Test
    void aKernelThatTakesNoSizeIsReportedAndNotAskedForEver() {
        BigKernel kernel = new BigKernel(Long.MAX_VALUE);
        NativeCallException e = assertThrows(NativeCallException.class, kernel::affinity);
        assertEquals("EINVAL", e.errnoName());
        assertEquals(8192L, kernel.asked.getLast());
    }
}
