package dev.heddle.affinity;

import dev.heddle.affinity.internal.Mapping;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory in pages of its own, that no thread has touched.
 *
 * <p>Linux gives a page its place when a thread first writes to it: on the NUMA node of the CPU that this thread is on.
 * Memory from {@code malloc}, which the JDK's own arenas use, may have been touched before, and the JDK fills it with zeros on
 * the thread that allocates. This memory is zero, and where it is, is up to who first writes to it.
 *
 * <p>Source: {@code mmap(2)}, {@code numa(7)}.
 */
public final class AnonymousMemory {
    private AnonymousMemory() {}

    /**
     * Maps fresh pages, which are zero.
     *
     * @param byteSize how many bytes, more than 0; whole pages are taken
     * @param arena when it is closed the pages are given back
     * @return a segment of that size, which begins with a page
     * @throws IllegalArgumentException if the size is not positive
     * @throws OutOfMemoryError if the kernel has no address space or memory for them
     * @throws NativeCallException if it refuses for another reason
     * @throws UnsupportedOperationException where this is not Linux
     * @throws IllegalCallerException where the JVM denies native access, with the flag to add
     */
    public static MemorySegment map(long byteSize, Arena arena) {
        if (byteSize <= 0) {
            throw new IllegalArgumentException(
                    "memory of " + byteSize + " bytes cannot be mapped: it takes at least 1");
        }
        return Mapping.map(byteSize, arena);
    }
}
