package dev.heddle.affinity.internal;

import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.internal.generated.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Maps anonymous pages and gives them back. */
public final class Mapping {
    private static final int NO_FILE = -1;

    /** The call, linked when the first one is made. */
    private static final class Links {
        static final MethodHandle MMAP = LibcLinks.capturing(Libc.mmap$address(), Libc.mmap$descriptor());

        private Links() {}
    }

    private Mapping() {}

    /** Maps pages that are zero, until the arena is closed. */
    public static MemorySegment map(long byteSize, Arena arena) {
        LibcLinks.requireAvailable();
        MemorySegment pages;
        try (Arena call = Arena.ofConfined()) {
            MemorySegment state = call.allocate(LibcLinks.CALL_STATE);
            pages = (MemorySegment) Links.MMAP.invokeExact(
                    state,
                    MemorySegment.NULL,
                    byteSize,
                    Libc.PROT_READ() | Libc.PROT_WRITE(),
                    Libc.MAP_PRIVATE() | Libc.MAP_ANONYMOUS(),
                    NO_FILE,
                    0L);
            if (pages.address() == Libc.MAP_FAILED().address()) {
                throw failed(byteSize, LibcLinks.errno(state));
            }
        } catch (Throwable t) {
            throw LibcLinks.rethrow(t);
        }
        boolean belongsToTheArena = false;
        try {
            MemorySegment segment = pages.reinterpret(byteSize, arena, unneeded -> unmap(pages, byteSize));
            belongsToTheArena = true;
            return segment;
        } finally {
            if (!belongsToTheArena) {
                unmap(pages, byteSize);
            }
        }
    }

    /** It fails only for an address that is no mapping's, which this one is. */
    private static void unmap(MemorySegment pages, long byteSize) {
        Libc.munmap(pages, byteSize);
    }

    private static RuntimeException failed(long byteSize, int errno) {
        if (errno == Errno.ENOMEM) {
            throw new OutOfMemoryError("the kernel maps no " + byteSize
                    + " bytes more: see ulimit -v, vm.max_map_count and" + " the cgroup's memory.max");
        }
        return new NativeCallException("mmap", "length=" + byteSize, errno, "see its manual page");
    }
}
