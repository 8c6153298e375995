package dev.heddle.affinity.internal;

import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.internal.generated.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A memory barrier on all threads of this process, asked for by one of them: the others pay nothing for it as long as nobody asks.
 *
 * <p>Source: {@code membarrier(2)}, its private expedited command.
 */
public final class ProcessBarrier {
    /** The system call's number, which the C library's headers name for the machine that they are on only; -1 where it is not known. */
    private static final long MEMBARRIER = switch (System.getProperty("os.arch", "")) {
        case "amd64" -> 324;
        case "aarch64" -> 283;
        default -> -1;
    };

    private static final int NO_FLAGS = 0;
    private static final int UNUSED_CPU = 0;

    /** The call, linked when the first one is made. */
    private static final class Links {
        static final MethodHandle SYSCALL = LibcLinks.capturing(
                Libc.syscall.address(),
                FunctionDescriptor.of(Libc.C_LONG, Libc.C_LONG, Libc.C_INT, Libc.C_INT, Libc.C_INT),
                Linker.Option.firstVariadicArg(1));

        private Links() {}
    }

    private ProcessBarrier() {}

    /**
     * Announces this process to the kernel, which is necessary once and takes some milliseconds.
     *
     * @return false if the kernel has no such barrier, a filter of system calls hides it, or nothing can be called here
     */
    public static boolean register() {
        return MEMBARRIER >= 0
                && LibcLinks.isAvailable()
                && call(Libc.MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED()) == 0;
    }

    /**
     * Returns when each other thread of this process has been in a state, since the call, in which all of its accesses to memory so far had
     * been made and none of those that follow: at once for a thread that is on no CPU. Takes microseconds.
     *
     * @throws NativeCallException if the kernel has no memory for it, or the process has not been {@linkplain #register() registered}
     * @throws OutOfMemoryError if the JVM has none
     */
    public static void await() {
        int errno = call(Libc.MEMBARRIER_CMD_PRIVATE_EXPEDITED());
        if (errno != 0) {
            throw new NativeCallException(
                    "membarrier", "private expedited", errno, "no thread has been made to pass a fence");
        }
    }

    /** Returns the error's number, or 0. */
    private static int call(int command) {
        LibcLinks.requireAvailable();
        try (Arena call = Arena.ofConfined()) {
            MemorySegment state = call.allocate(LibcLinks.CALL_STATE);
            long result = (long) Links.SYSCALL.invokeExact(state, MEMBARRIER, command, NO_FLAGS, UNUSED_CPU);
            return result == 0 ? 0 : LibcLinks.errno(state);
        } catch (Throwable t) {
            throw LibcLinks.rethrow(t);
        }
    }
}
