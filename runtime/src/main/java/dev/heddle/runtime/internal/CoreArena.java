package dev.heddle.runtime.internal;

import dev.heddle.affinity.AnonymousMemory;
import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.internal.dispatch.CoreContext;
import dev.heddle.runtime.internal.dispatch.CoreThread;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** An arena whose memory is near to one core: a thread on the core's CPU is the first to touch each page. */
public final class CoreArena implements Arena {
    /*
     * Memory comes in chunks of fresh pages. A chunk is touched as a whole before anything of it is handed out: by the caller,
     * if that is on the core, else by a thread that is made for it and pinned to the CPU. A task of the core would do, too, but
     * would wait behind the others, and for ever behind one that waits for this allocation.
     */
    private static final long CHUNK_BYTES = 1L << 20;

    /** Larger ones have a mapping of their own, so that no more than this is wasted at the end of a chunk. */
    private static final long MOST_FROM_CHUNK = CHUNK_BYTES / 4;

    /** The least page size there is: a byte in each of these is a byte in every page. */
    private static final long PAGE_BYTES = 4096;

    private final CoreContext core;
    private final Arena arena = Arena.ofShared();
    private final ReentrantLock lock = new ReentrantLock();

    /** What is left of the last chunk. Under the lock. */
    private @Nullable MemorySegment left;

    /** Makes an arena without memory. */
    public CoreArena(CoreContext core) {
        this.core = core;
    }

    @Override
    public MemorySegment allocate(long byteSize, long byteAlignment) {
        if (byteSize < 0) {
            throw new IllegalArgumentException("a size is at least 0, not " + byteSize);
        }
        if (byteAlignment <= 0 || Long.bitCount(byteAlignment) != 1) {
            throw new IllegalArgumentException("an alignment is a power of two, not " + byteAlignment);
        }
        lock.lock();
        try {
            if (!arena.scope().isAlive()) {
                throw new IllegalStateException("the arena of core " + core.cpu() + " is closed");
            }
            if (byteSize > MOST_FROM_CHUNK || byteAlignment > PAGE_BYTES) {
                if (byteSize > Long.MAX_VALUE - byteAlignment) {
                    throw new OutOfMemoryError("there are no " + byteSize + " bytes of memory");
                }
                return aligned(touched(Math.max(1, byteSize) + byteAlignment - 1), byteSize, byteAlignment);
            }
            if (left == null || padding(left, byteAlignment) + byteSize > left.byteSize()) {
                left = touched(CHUNK_BYTES);
            }
            MemorySegment taken = aligned(left, byteSize, byteAlignment);
            left = left.asSlice(padding(left, byteAlignment) + byteSize);
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private static long padding(MemorySegment from, long alignment) {
        return -from.address() & (alignment - 1);
    }

    private static MemorySegment aligned(MemorySegment from, long size, long alignment) {
        return from.asSlice(padding(from, alignment), size, alignment);
    }

    private MemorySegment touched(long byteSize) {
        MemorySegment pages = AnonymousMemory.map(byteSize, arena);
        if (VirtualThreadHook.currentCarrier() instanceof CoreThread carrier && core.equals(carrier.core())) {
            touch(pages);
        } else {
            touchOnCore(pages);
        }
        return pages;
    }

    private void touchOnCore(MemorySegment pages) {
        try {
            JdkThreads.callUnpinned("heddle-touch-" + core.cpu(), () -> {
                ThreadAffinity.set(CpuSet.of(core.cpu()));
                touch(pages);
                return true;
            });
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "memory could not be touched on " + core + ": "
                            + (e.getCause() == null ? e : e.getCause()).getMessage(),
                    e.getCause());
        }
    }

    private static void touch(MemorySegment pages) {
        for (long at = 0; at < pages.byteSize(); at += PAGE_BYTES) {
            pages.set(ValueLayout.JAVA_BYTE, at, (byte) 0);
        }
        pages.set(ValueLayout.JAVA_BYTE, pages.byteSize() - 1, (byte) 0); // a page where sizes are no multiple
    }

    @Override
    public MemorySegment.Scope scope() {
        return arena.scope();
    }

    @Override
    public void close() {
        arena.close();
    }

    @Override
    public String toString() {
        return "arena of " + core;
    }
}
