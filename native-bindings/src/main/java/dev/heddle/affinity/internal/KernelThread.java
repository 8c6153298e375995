package dev.heddle.affinity.internal;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.internal.generated.Libc;
import java.lang.invoke.MethodHandle;

/**
 * A kernel thread whose affinity is read and set: the calling one by {@code pthread_*affinity_np}, any other by its id
 * through {@code sched_*affinity}.
 */
public abstract class KernelThread {
    /*
     * The pthread_* functions return their error number, the generated handles serve them as they are. The sched_*
     * functions set errno, which the JVM may overwrite between the call and the next one: those are linked in
     * LibcLinks with the JDK's errno capture, over the generated descriptors.
     *
     * A mask is as many bytes as the kernel wants: it answers EINVAL to one that is too short for its number of possible
     * CPUs (nr_cpu_ids). Reading therefore starts with what sysconf says and doubles; sysconf is asked once, for it lists
     * a folder of /sys, which takes longer than all the rest. No more than that is read, for the monitor reads masks in code that is
     * not compiled for some time. What the kernel leaves of a mask the C library clears. Writing may have any length: the kernel
     * takes what is missing as 0 and passes over what is too much, which the read-back shows.
     */

    /** How long the mask is that is tried first. */
    private static final class FirstMask {
        static final long BYTES = MaskBuffer.bytesFor(Libc.sysconf(Libc._SC_NPROCESSORS_CONF()));

        private FirstMask() {}
    }

    /** For the two kinds below, and a test's kernel with more CPUs than this machine has. */
    KernelThread() {}

    /** The thread that calls. Whatever is done with it must be done on that thread. */
    public static KernelThread current() {
        return Self.INSTANCE;
    }

    /** The thread with this id, of any process. */
    public static KernelThread ofId(int threadId) {
        if (threadId <= 0) {
            throw new IllegalArgumentException("a kernel thread id is positive, this one is " + threadId);
        }
        return new ById(threadId);
    }

    /** The CPU that the caller is on. */
    public static int currentCpu() {
        MethodHandle getcpu = LibcLinks.SCHED_GETCPU;
        if (getcpu == null) {
            throw LibcLinks.cpuUnknown();
        }
        try {
            return (int) getcpu.invokeExact();
        } catch (Throwable t) {
            throw LibcLinks.rethrow(t);
        }
    }

    /** The kernel's id of the caller. */
    public static int currentId() {
        LibcLinks.requireAvailable();
        return Libc.gettid();
    }

    /** The CPUs this thread may run on. */
    public final CpuSet affinity() {
        LibcLinks.requireAvailable();
        long bytes = FirstMask.BYTES;
        while (true) {
            int errno;
            try (MaskBuffer buffer = MaskBuffer.borrow(bytes)) {
                errno = nativeGet(buffer, bytes);
                if (errno == 0) {
                    return CpuSet.copyOf(buffer.read(bytes));
                }
            }
            if (errno != Errno.EINVAL || bytes >= MaskBuffer.MAX_BYTES) {
                throw failed(getter(), subject(), errno, CpuSet.empty());
            }
            bytes *= 2;
        }
    }

    /** Lets this thread run on these CPUs. The caller reads back what the kernel kept. */
    public final void setAffinity(CpuSet cpus) {
        LibcLinks.requireAvailable();
        long[] words = cpus.toLongArray();
        long bytes = (long) words.length * Long.BYTES;
        int errno;
        try (MaskBuffer buffer = MaskBuffer.borrow(bytes)) {
            buffer.write(words);
            errno = nativeSet(buffer, bytes);
        }
        if (errno != 0) {
            throw failed(setter(), arguments(cpus), errno, cpus);
        }
    }

    /** The exception for a mask that the kernel took and did not keep. */
    public final NativeCallException notHeld(CpuSet asked, CpuSet held) {
        return new NativeCallException(
                setter(),
                arguments(asked),
                0,
                "the kernel kept only CPUs " + held + ". Choose CPUs that are online and in this process's cpuset");
    }

    /** Reads a mask of so many bytes into the buffer. Returns the error number, 0 for none. */
    abstract int nativeGet(MaskBuffer buffer, long bytes);

    /** Sets the mask of so many bytes that is in the buffer. Returns the error number, 0 for none. */
    abstract int nativeSet(MaskBuffer buffer, long bytes);

    abstract String getter();

    abstract String setter();

    /** Which thread, as the first argument of a message. */
    abstract String subject();

    private String arguments(CpuSet cpus) {
        return subject() + ", cpus=" + cpus;
    }

    private NativeCallException failed(String call, String arguments, int errno, CpuSet cpus) {
        String hint;
        if (errno == Errno.EINVAL && !cpus.isEmpty()) {
            hint = "none of the CPUs " + cpus + " is both online and in this process's cpuset. The thread may use "
                    + affinity();
        } else if (errno == Errno.ESRCH) {
            hint = "there is no such thread. /proc/self/task lists those of this process";
        } else if (errno == Errno.EPERM) {
            hint = "the thread belongs to another user: run as that user or with CAP_SYS_NICE";
        } else {
            hint = "see its manual page";
        }
        return new NativeCallException(call, arguments, errno, hint);
    }

    private static final class Self extends KernelThread {
        static final Self INSTANCE = new Self();

        @Override
        int nativeGet(MaskBuffer buffer, long bytes) {
            return Libc.pthread_getaffinity_np(Libc.pthread_self(), bytes, buffer.mask());
        }

        @Override
        int nativeSet(MaskBuffer buffer, long bytes) {
            return Libc.pthread_setaffinity_np(Libc.pthread_self(), bytes, buffer.mask());
        }

        @Override
        String getter() {
            return "pthread_getaffinity_np";
        }

        @Override
        String setter() {
            return "pthread_setaffinity_np";
        }

        @Override
        String subject() {
            return "thread=self";
        }
    }

    private static final class ById extends KernelThread {
        private final int threadId;

        ById(int threadId) {
            this.threadId = threadId;
        }

        @Override
        int nativeGet(MaskBuffer buffer, long bytes) {
            return call(LibcLinks.ByIdLinks.GET, buffer, bytes);
        }

        @Override
        int nativeSet(MaskBuffer buffer, long bytes) {
            return call(LibcLinks.ByIdLinks.SET, buffer, bytes);
        }

        private int call(MethodHandle function, MaskBuffer buffer, long bytes) {
            int result;
            try {
                result = (int) function.invokeExact(buffer.callState(), threadId, bytes, buffer.mask());
            } catch (Throwable t) {
                throw LibcLinks.rethrow(t);
            }
            return result == 0 ? 0 : LibcLinks.errno(buffer.callState());
        }

        @Override
        String getter() {
            return "sched_getaffinity";
        }

        @Override
        String setter() {
            return "sched_setaffinity";
        }

        @Override
        String subject() {
            return "tid=" + threadId;
        }
    }
}
