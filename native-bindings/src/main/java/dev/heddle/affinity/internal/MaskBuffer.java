package dev.heddle.affinity.internal;

import dev.heddle.affinity.CpuSet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Memory outside of the heap for one call that reads or sets a mask: the mask, and where errno is kept. Borrowed by one thread, and closed once. */
final class MaskBuffer implements AutoCloseable {
    /*
     * One is shared: lent to whoever comes while it is free. Others allocate their own. In the interpreter to allocate takes twice as
     * long as the rest of a call, and the code for it is long: inlined into the runtime's monitor, which looks at masks again and again,
     * it took C2 some 300 ms of a CPU that something else may have wanted (docs/adr/0011).
     *
     * The compare-and-set of borrow() pairs with the volatile write of close(): who borrows finds what was written before in its past.
     * A thread whose stack overflows in between keeps the loan for ever, and from then on everybody allocates.
     */

    /** A mask of this many bytes holds every CPU that CpuSet can name; a kernel that wants more has a bug. */
    static final int MAX_BYTES = (CpuSet.MAX_CPU + 1) / Byte.SIZE;

    private static final MaskBuffer SHARED = new MaskBuffer(null, Arena.global(), MAX_BYTES);
    private static final AtomicBoolean IS_LENT = new AtomicBoolean();

    private final @Nullable Arena own;
    private final MemorySegment mask;
    private final MemorySegment callState;

    private MaskBuffer(@Nullable Arena own, Arena arena, long bytes) {
        this.own = own;
        this.mask = arena.allocate(bytes, Long.BYTES);
        this.callState = arena.allocate(LibcLinks.CALL_STATE);
    }

    /** How long a mask for so many CPUs is: whole words, a power of two, so that doubling it leads to {@link #MAX_BYTES}. */
    static long bytesFor(long cpus) {
        long bytes = Long.BYTES;
        while (bytes * Byte.SIZE < cpus && bytes < MAX_BYTES) {
            bytes *= 2;
        }
        return bytes;
    }

    /** Returns one that has room for a mask of so many bytes. What is in it is of no meaning. From any thread. */
    static MaskBuffer borrow(long bytes) {
        if (bytes <= MAX_BYTES && IS_LENT.compareAndSet(false, true)) {
            return SHARED;
        }
        Arena own = Arena.ofConfined();
        try {
            return new MaskBuffer(own, own, bytes);
        } catch (Throwable t) {
            own.close();
            throw t;
        }
    }

    MemorySegment mask() {
        return mask;
    }

    MemorySegment callState() {
        return callState;
    }

    void write(long[] words) {
        for (int i = 0; i < words.length; i++) {
            mask.setAtIndex(ValueLayout.JAVA_LONG, i, words[i]);
        }
    }

    long[] read(long bytes) {
        long[] words = new long[(int) (bytes / Long.BYTES)];
        for (int i = 0; i < words.length; i++) {
            words[i] = mask.getAtIndex(ValueLayout.JAVA_LONG, i);
        }
        return words;
    }

    @Override
    public void close() {
        if (own == null) {
            IS_LENT.set(false);
        } else {
            own.close();
        }
    }
}
