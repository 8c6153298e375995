package dev.heddle.affinity.internal;

import dev.heddle.affinity.CpuSet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Memory outside of the heap for one call that reads or sets a mask: the mask, and where errno is kept. */
final class MaskBuffer implements AutoCloseable {
    /*
     * There is one that stays, for whoever comes while it is free, and others take one of their own. To allocate one takes longer than
     * the call that it is for, and the code for that is long: a compiler takes a tenth of a second of a CPU for it where it is inlined
     * into who looks again and again, which is the runtime's monitor, and all that time something else may want that CPU.
     */

    /** A mask of this many bytes holds every CPU that CpuSet can name; a kernel that wants more has a bug. */
    static final int MAX_BYTES = (CpuSet.MAX_CPU + 1) / Byte.SIZE;

    private static final MaskBuffer THAT_STAYS = new MaskBuffer(null, Arena.global(), MAX_BYTES);
    private static final AtomicBoolean IS_LENT = new AtomicBoolean();

    private final @Nullable Arena own;
    private final MemorySegment mask;
    private final MemorySegment callState;

    private MaskBuffer(@Nullable Arena own, Arena arena, long bytes) {
        this.own = own;
        this.mask = arena.allocate(bytes, Long.BYTES);
        this.callState = arena.allocate(LibcLinks.CALL_STATE);
    }

    /** Returns one that has room for so many bytes; the caller's until it is closed. What is in it is of no meaning. */
    static MaskBuffer forBytes(long bytes) {
        if (IS_LENT.compareAndSet(false, true)) {
            return THAT_STAYS;
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
