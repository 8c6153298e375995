package dev.heddle.affinity;

import dev.heddle.affinity.internal.KernelThread;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The CPU affinity of kernel threads: which CPUs a thread may run on, and which one it is on.
 *
 * <p><b>Failures</b>, of every method here: {@link UnsupportedOperationException} where this is not Linux or the C
 * library lacks a function; {@link IllegalCallerException} where the JVM denies native access, with the flag to add;
 * {@link NativeCallException} when the kernel refuses.
 *
 * <p><b>Virtual threads.</b> A virtual thread has no mask, its carrier has one. Reading gives the carrier's. Setting is
 * refused: it would pin whichever carrier happens to run the virtual thread, and not hold after its next suspension.
 *
 * <p>Sources: {@code pthread_setaffinity_np(3)}, {@code sched_setaffinity(2)}, {@code sched_getcpu(3)}.
 */
public final class ThreadAffinity {
    private ThreadAffinity() {}

    /**
     * Returns the CPU that the calling thread is on. A thread that is not pinned may have moved when the caller looks at
     * the answer. Whether the kernel answers at all is looked at once, at the first use of this class: a process that keeps itself
     * from {@code getcpu(2)} after that may see a negative number.
     *
     * @return the CPU's number
     */
    public static int currentCpu() {
        return KernelThread.currentCpu();
    }

    /**
     * Returns the kernel's id of the calling thread, the TID of {@code /proc/self/task}. It is not
     * {@link Thread#threadId()}.
     *
     * @return the id; for a virtual thread that of its present carrier
     */
    public static int currentThreadId() {
        return KernelThread.currentId();
    }

    /**
     * Returns the CPUs that the calling thread may run on.
     *
     * @return its mask
     */
    public static CpuSet get() {
        return KernelThread.current().affinity();
    }

    /**
     * Returns the CPUs that a thread may run on.
     *
     * @param threadId a kernel thread id (TID), of this process or another
     * @return its mask
     * @throws IllegalArgumentException if the id is not positive
     * @throws NativeCallException with {@code ESRCH} if there is no such thread
     */
    public static CpuSet get(int threadId) {
        return KernelThread.ofId(threadId).affinity();
    }

    /**
     * Returns the CPUs that this process was given: the mask of its first thread, which no Java thread runs on.
     *
     * <p>A Java thread's own mask may be narrower, because it or the thread that made it was pinned.
     *
     * @return the mask of the thread whose id is the process id
     */
    public static CpuSet ofProcess() {
        return KernelThread.ofId(Math.toIntExact(ProcessHandle.current().pid())).affinity();
    }

    /**
     * Lets the calling thread run on the given CPUs only, and returns when it is on one of them.
     *
     * <p>The mask is read back. If the kernel kept less than was asked, the former mask is put back and this throws.
     *
     * @param cpus the CPUs; at least one
     * @throws IllegalArgumentException if the set is empty
     * @throws WrongThreadException on a virtual thread
     * @throws NativeCallException if the kernel refuses or keeps only some of them
     */
    public static void set(CpuSet cpus) {
        if (Thread.currentThread().isVirtual()) {
            throw new WrongThreadException(
                    "a virtual thread has no affinity of its own: this would pin the carrier that"
                            + " happens to run it. Run it on a core of the runtime module's CoreManager instead");
        }
        setAndReadBack(KernelThread.current(), cpus);
    }

    /**
     * Lets a thread run on the given CPUs only. The mask is read back, as in {@link #set(CpuSet)}.
     *
     * @param threadId a kernel thread id (TID), of this process or of another that the caller may change
     * @param cpus the CPUs; at least one
     * @throws IllegalArgumentException if the set is empty or the id is not positive
     * @throws NativeCallException if there is no such thread, or the kernel refuses or keeps only some of the CPUs
     */
    public static void set(int threadId, CpuSet cpus) {
        setAndReadBack(KernelThread.ofId(threadId), cpus);
    }

    /**
     * Runs an action with the calling thread on the given CPUs, then puts the former mask back.
     *
     * @param cpus the CPUs; at least one
     * @param action what to run
     * @throws WrongThreadException on a virtual thread
     * @throws NativeCallException if the mask cannot be set, or not be put back
     */
    @SuppressWarnings("try") // the resource is there for its close
    public static void runWith(CpuSet cpus, Runnable action) {
        try (Restore restore = setForNow(cpus)) {
            action.run();
        }
    }

    /**
     * Calls an action with the calling thread on the given CPUs, then puts the former mask back.
     *
     * @param cpus the CPUs; at least one
     * @param action what to call
     * @param <T> what it returns
     * @return what it returned
     * @throws Exception what it threw
     * @throws WrongThreadException on a virtual thread
     * @throws NativeCallException if the mask cannot be set, or not be put back
     */
    @SuppressWarnings("try") // the resource is there for its close
    public static <T extends @Nullable Object> T callWith(CpuSet cpus, Callable<T> action) throws Exception {
        try (Restore restore = setForNow(cpus)) {
            return action.call();
        }
    }

    /** Puts a former mask back when it is closed. */
    private interface Restore extends AutoCloseable {
        @Override
        void close();
    }

    private static Restore setForNow(CpuSet cpus) {
        CpuSet before = get();
        set(cpus);
        return () -> set(before);
    }

    private static void setAndReadBack(KernelThread thread, CpuSet cpus) {
        if (cpus.isEmpty()) {
            throw new IllegalArgumentException("a thread needs at least one CPU to run on, the set is empty");
        }
        CpuSet before = thread.affinity();
        thread.setAffinity(cpus);
        CpuSet held = thread.affinity();
        if (!held.equals(cpus)) {
            NativeCallException notHeld = thread.notHeld(cpus, held);
            try {
                thread.setAffinity(before);
            } catch (NativeCallException notRestored) {
                notHeld.addSuppressed(notRestored);
            }
            throw notHeld;
        }
    }
}
