package dev.heddle.affinity.internal;

import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.internal.generated.Libc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The links that the generated bindings cannot express, and whether there is anything to link to.
 *
 * <p>Loading this class never fails: what stands in the way is kept, and thrown by every call that needs the library.
 */
final class LibcLinks {
    /** What is captured beside a call's result. */
    static final MemoryLayout CALL_STATE = Linker.Option.captureStateLayout();

    private static final VarHandle ERRNO = CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** What is called: the functions of jextract/symbols.txt. */
    static final List<String> SYMBOLS = List.of(
            "gettid",
            "mmap",
            "munmap",
            "pthread_getaffinity_np",
            "pthread_self",
            "pthread_setaffinity_np",
            "sched_getaffinity",
            "sched_getcpu",
            "sched_setaffinity",
            "syscall",
            "sysconf");

    /** Why there is nothing to call, or null. */
    private static final @Nullable Throwable OBSTACLE;

    /**
     * {@code sched_getcpu()} without the thread-state transition (4.5 ns against 5.7 ns): it reads a register or the
     * vDSO's page and returns, so the JVM may wait for it at a safepoint. Null where there is an obstacle, or the call is
     * refused. A static final handle is a constant to the compiler, which inlines the call.
     */
    static final @Nullable MethodHandle SCHED_GETCPU;

    static {
        Throwable obstacle = null;
        MethodHandle getcpu = null;
        try {
            requireLinux();
            requireSymbols(Linker.nativeLinker().defaultLookup());
            getcpu = unlessRefused(Linker.nativeLinker()
                    .downcallHandle(
                            Libc.sched_getcpu$address(),
                            Libc.sched_getcpu$descriptor(),
                            Linker.Option.critical(false)));
        } catch (IllegalCallerException | UnsupportedOperationException | LinkageError e) {
            obstacle = e;
        }
        OBSTACLE = obstacle;
        SCHED_GETCPU = getcpu;
    }

    /** The calls for a thread by its id, linked when the first one is made. */
    static final class ByIdLinks {
        static final MethodHandle GET =
                capturing(Libc.sched_getaffinity$address(), Libc.sched_getaffinity$descriptor());
        static final MethodHandle SET =
                capturing(Libc.sched_setaffinity$address(), Libc.sched_setaffinity$descriptor());

        private ByIdLinks() {}
    }

    private LibcLinks() {}

    /** Links a function so that a call takes, before its arguments, where errno is to be kept. */
    static MethodHandle capturing(MemorySegment address, FunctionDescriptor descriptor, Linker.Option... others) {
        Linker.Option[] options = Arrays.copyOf(others, others.length + 1);
        options[others.length] = Linker.Option.captureCallState("errno");
        return Linker.nativeLinker().downcallHandle(address, descriptor, options);
    }

    /** A downcall throws nothing of its own but what the VM throws (stack overflow, wrong thread): pass that on. */
    static RuntimeException rethrow(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        throw new AssertionError("a downcall threw a checked exception", thrown);
    }

    /**
     * Returns a handle of {@code sched_getcpu()} if that is not refused, else null. Asked once: a kernel that lacks the call does not
     * get it later, and a filter that keeps it from the process stays. One that comes later is not noticed here: the answer is negative then, and
     * so no core's, which an audit counts as misplaced. To look at the answer of each call took a sixth of its time.
     */
    static @Nullable MethodHandle unlessRefused(MethodHandle getcpu) {
        try {
            return (int) getcpu.invokeExact() < 0 ? null : getcpu;
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** The exception where {@link #SCHED_GETCPU} is null. */
    static RuntimeException cpuUnknown() {
        return isAvailable()
                ? new NativeCallException(
                        "sched_getcpu",
                        "",
                        Errno.ENOSYS,
                        "this kernel does not tell a thread its CPU (Linux 2.6.19 does)")
                : unavailable();
    }

    static int errno(MemorySegment callState) {
        return (int) ERRNO.get(callState, 0L);
    }

    static boolean isAvailable() {
        return OBSTACLE == null;
    }

    static void requireAvailable() {
        if (!isAvailable()) {
            throw unavailable();
        }
    }

    /** The exception for a call that cannot be made here. */
    static RuntimeException unavailable() {
        Throwable root =
                OBSTACLE instanceof ExceptionInInitializerError e && e.getCause() != null ? e.getCause() : OBSTACLE;
        if (root instanceof IllegalCallerException) {
            String module = LibcLinks.class.getModule().isNamed()
                    ? LibcLinks.class.getModule().getName()
                    : "ALL-UNNAMED";
            return new IllegalCallerException(
                    "this JVM denies native access to Heddle: start it with --enable-native-access=" + module
                            + ", or put Enable-Native-Access: ALL-UNNAMED in the manifest of the jar that is run",
                    root);
        }
        String os = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        return new UnsupportedOperationException(
                "thread affinity needs Linux and a C library that has it (glibc 2.30, musl 1.2.2 or later); here (" + os
                        + "): " + (root == null ? "nothing stands in the way" : root.getMessage()),
                root);
    }

    /** Looked up first: a generated call whose symbol is missing fails as its class is loaded, with no word on why. */
    static void requireSymbols(SymbolLookup library) {
        for (String symbol : SYMBOLS) {
            if (library.find(symbol).isEmpty()) {
                throw new UnsupportedOperationException("its C library has no " + symbol);
            }
        }
    }

    private static void requireLinux() {
        String os = System.getProperty("os.name", "an unknown system");
        if (!os.equals("Linux")) {
            throw new UnsupportedOperationException("this is " + os);
        }
        if (ValueLayout.ADDRESS.byteSize() != 8) {
            throw new UnsupportedOperationException("this is a 32-bit JVM");
        }
    }
}
