package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.ThreadAffinity;

/**
 * Pins threads by their affinity masks.
 *
 * <p>The kernel drops a pin without a word when a cpuset shrinks or a CPU goes offline, and some kernels do not bring it back
 * when the CPU does: {@link #check} is what notices.
 */
public final class KernelPinning implements Pinning {
    /** INV-7: the mask is read back by set, and the CPU is looked at as well. */
    @Override
    public void pinTo(CpuSet cpus) {
        ThreadAffinity.set(cpus);
        int seen = ThreadAffinity.currentCpu();
        if (!cpus.contains(seen)) {
            throw new IllegalStateException("pinned to CPU " + cpus + ", the thread is on CPU " + seen);
        }
    }

    @Override
    public Check check(int kernelId, CpuSet cpus) {
        CpuSet found;
        try {
            found = ThreadAffinity.get(kernelId);
        } catch (NativeCallException refused) {
            if (hasEnded(refused)) {
                return Check.HELD;
            }
            throw refused; // nothing is known of the pin
        }
        if (found.equals(cpus)) {
            return Check.HELD;
        }
        try {
            ThreadAffinity.set(kernelId, cpus);
            return new Check(Outcome.RESTORED, found);
        } catch (NativeCallException refused) {
            return hasEnded(refused) ? Check.HELD : new Check(Outcome.LOST, found);
        }
    }

    private static boolean hasEnded(NativeCallException refused) {
        return refused.errnoName().equals("ESRCH");
    }
}
