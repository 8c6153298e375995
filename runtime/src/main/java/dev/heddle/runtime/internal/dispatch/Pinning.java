package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;

/** How carriers are started and put on CPUs. Another than the {@linkplain KernelPinning kernel's} only in tests and baselines. */
@FunctionalInterface
public interface Pinning {
    /**
     * What became of a pin.
     *
     * @param outcome what it is now
     * @param found the CPUs that the thread had, where they were not those that it was given
     */
    record Check(Outcome outcome, CpuSet found) {
        /** Nothing has happened to it. */
        public static final Check HELD = new Check(Outcome.HELD, CpuSet.empty());
    }

    /** What a pin is now. */
    enum Outcome {
        /** What it was. */
        HELD,
        /** It was lost, and is what it was again. */
        RESTORED,
        /** It is lost, and cannot be had: the CPU is offline, or outside of the cpuset. */
        LOST
    }

    /** Starts a carrier; or throws, if there is no memory or no thread to be had. */
    default void start(Thread carrier) {
        carrier.start();
    }

    /** Returns when the calling thread is on one of these CPUs and cannot leave them; or throws. */
    void pinTo(CpuSet cpus);

    /**
     * Looks whether another thread is still pinned to these CPUs, and pins it again if it is not. HELD if it has ended.
     *
     * @throws RuntimeException if the kernel does not say
     */
    default Check check(int kernelId, CpuSet cpus) {
        return Check.HELD;
    }
}
