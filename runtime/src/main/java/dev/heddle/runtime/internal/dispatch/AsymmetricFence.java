package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.internal.ProcessBarrier;
import java.lang.invoke.VarHandle;

/**
 * A full fence in two halves: one that is passed for each task and costs little, and one that is passed rarely and may cost much. One thread
 * writes, passes the light half and reads; another one writes, passes the heavy half and reads what the first has written: at least one of the two
 * sees the other's write, as between two full fences. Between two light halves there is nothing.
 */
public abstract class AsymmetricFence {
    /** Makes one; any thread may pass its halves. */
    protected AsymmetricFence() {}

    /**
     * By whoever must be fast. What it wrote before in release mode or stronger, and reads after in opaque mode or stronger, takes part.
     */
    protected abstract void light();

    /** By whoever can wait. */
    protected abstract void heavy();

    /** Returns the cheapest one that there is here. */
    public static AsymmetricFence ofThisProcess() {
        return OfThisProcess.FENCE;
    }

    private static final class OfThisProcess {
        static final AsymmetricFence FENCE = ProcessBarrier.register() ? new ByTheKernel() : new Symmetric();

        private OfThisProcess() {}
    }

    /**
     * The kernel has every thread of the process pass a fence when one asks for it.
     *
     * <p>This is not argued from Java's memory model, which has no such fence, but from two other things. membarrier(2) promises that at some
     * moment of the call each other thread was where its accesses before had been made, and those after not: for the processor each of them has
     * passed a full fence there. And the compilers of HotSpot do not reorder accesses by a VarHandle in modes other than plain (C2 puts a
     * MemBarCPUOrder around each, and Graal fixes them in the order of the program), so that a light half's read has not moved before its write.
     * That is how they are made, and not promised anywhere: the stress tests of the lease look at it for C1 and C2.
     */
    static final class ByTheKernel extends AsymmetricFence {
        @Override
        protected void light() {
            // nothing, but where heavy() finds the thread
        }

        @Override
        protected void heavy() {
            ProcessBarrier.await();
        }
    }

    /** Two full fences. */
    public static final class Symmetric extends AsymmetricFence {
        /** Makes one. */
        public Symmetric() {}

        @Override
        protected void light() {
            VarHandle.fullFence();
        }

        @Override
        protected void heavy() {
            VarHandle.fullFence();
        }
    }
}
