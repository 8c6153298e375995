package dev.heddle.runtime.internal.dispatch;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A platform thread that is pinned to one CPU. While it owns that CPU's core it runs the core's continuations: the dispatch
 * loop. When it has lost the core it runs its present task to the next suspension, and is a spare after that.
 */
public final class CarrierThread extends Thread implements CoreThread {
    /** How many tasks one {@link Shown} shows. */
    private static final int SHOWS = 1024;

    private final VirtualCoreContext core;

    /** What it shows of itself to whoever would take its core. */
    private final Lease.Holder holder = new Lease.Holder();

    /** The number of the lease that it holds or has held, 0 for none. Written by itself and by who gives it a core. */
    private volatile long lease;

    /** It is no longer among the spares, and gets no lease. */
    private volatile boolean dismissed;

    /** Its own: it owns the core and is not in a task, so that nobody can take the core away. */
    private boolean dispatching;

    /** Its own: dispatches since it last looked which CPU it is on. */
    private int sinceAudit;

    /** The monitor's: when it last looked, the carrier was not pinned and could not be. */
    private boolean pinLost;

    /** The monitor's: when it last looked, the kernel did not say how the carrier was pinned. */
    private boolean pinUnread;

    /** The kernel's id, 0 until it runs. */
    private volatile int kernelId;

    /** What it runs. Its own to replace. */
    private volatile Shown shown = new Shown();

    /** Its own. */
    private int showsLeft = SHOWS;

    CarrierThread(VirtualCoreContext core, long lease) {
        super(null, null, core.settings().name() + "-core-" + core.cpu(), 0, false);
        this.core = core;
        this.lease = lease;
        setDaemon(true);
        // Whoever starts the carrier, its class loader must not be kept alive by it.
        setContextClassLoader(ClassLoader.getSystemClassLoader());
    }

    /** The carrier that the calling thread is, or is mounted on; null if there is none. */
    static @Nullable CarrierThread current() {
        return VirtualThreadHook.currentCarrier() instanceof CarrierThread carrier ? carrier : null;
    }

    Lease.Holder holder() {
        return holder;
    }

    @Override
    public VirtualCoreContext core() {
        return core;
    }

    @Override
    public CoreSettings settings() {
        return core.settings();
    }

    @Override
    public void run() {
        try {
            try {
                JdkThreads.widen();
                JdkThreads.primeTimer();
                pin(); // INV-1, before the first poll
                kernelId = ThreadAffinity.currentThreadId();
            } catch (Throwable t) {
                core.carrierFailed(this, t);
                return;
            }
            core.carrierPinned(this);
            while (core.awaitLease(this)) {
                serve();
            }
        } finally {
            core.carrierEnded(this);
        }
    }

    private void pin() {
        try {
            core.settings().pinning().pinTo(core.mask());
        } catch (NativeCallException refused) {
            if (!core.isCpuGone()) {
                throw refused;
            }
            // Said once, when the CPU went. What the core still has ends wherever the kernel lets it, and not never.
        }
    }

    private void serve() {
        int auditEvery = core.settings().auditEvery();
        dispatching = true;
        core.begin();
        Runnable continuation;
        while ((continuation = nextOrReport()) != null) {
            if (--showsLeft == 0) {
                renewShown();
            }
            shown.set(continuation);
            dispatching = false;
            holder.run();
            try {
                continuation.run();
            } catch (Throwable t) {
                // INV-8. Tasks catch their own; this came from a handler of uncaught exceptions, or from the JDK.
                report("a continuation threw; the carrier goes on", t);
            }
            if (auditEvery != 0 && ++sinceAudit >= auditEvery) {
                sinceAudit = 0;
                audit();
            }
            if (!dispatching && !isOwnerAgain()) {
                break;
            }
        }
        dispatching = false;
        holder.dispatch(); // as the next lease is to find it
        lease = 0;
        shown.set(null);
    }

    /** INV-8: where there is no memory for a new one, the old one stays. */
    private void renewShown() {
        showsLeft = SHOWS;
        shown.set(null); // if it has grown old all the same, what it shows would live as long as that
        try {
            shown = new Shown();
        } catch (OutOfMemoryError e) {
            // Each task costs some nanoseconds more.
        }
    }

    /** The task that has just suspended was here: looks whether that is where it was to be. */
    private void audit() {
        boolean inPlace = ThreadAffinity.currentCpu() == core.cpu();
        core.counters().countAudit(inPlace);
        if (!inPlace) {
            core.pinsAreInDoubt();
        }
    }

    private boolean isOwnerAgain() {
        long mine = lease;
        dispatching = mine != 0 && core.lease().enter(holder, mine);
        return dispatching;
    }

    /**
     * On this carrier, in a task or after one has suspended: begins to touch what is the owner's. In a task it does not nest. If a stack overflow cuts
     * the way to {@link #leave()} short, the core is neither taken away nor reported until the task's next push or suspension.
     *
     * @return false if it does not own its core. If true, {@link #leave()} must follow
     */
    boolean enter() {
        if (dispatching) {
            return true;
        }
        long mine = lease;
        if (mine == 0 || !core.lease().enter(holder, mine)) {
            return false;
        }
        // No task is mounted: the way leads back to the dispatch loop, which need not enter once more.
        dispatching = Thread.currentThread() == this;
        return true;
    }

    /** On this carrier: puts in what any core may run. Returns false if it does not own a core that shares the work. */
    boolean offer(Scheduler scheduler, Runnable continuation) {
        return core.offer(scheduler, this, continuation);
    }

    /** Ends what {@link #enter()} began. */
    void leave() {
        if (!dispatching) {
            holder.run();
        }
    }

    /** On this carrier: it has given its core away. */
    void forgetLease() {
        lease = 0;
    }

    /** On this carrier, in a task: it has taken a core that was free. */
    void takeLease(long number) {
        lease = number;
        holder.run();
    }

    /**
     * In a task that is about to block: gives the core of its carrier away.
     *
     * @return the carrier, which must {@link #takeCore()} when the task has blocked; null if it owns no core
     */
    public static @Nullable CarrierThread giveCore() {
        CarrierThread here = Thread.currentThread().isVirtual() ? current() : null;
        return here != null && here.core.give(here) ? here : null;
    }

    /**
     * In the task that has given the core of this carrier away: has it again, or, if it is another's, lets the task wait for
     * its turn. If the task has suspended meanwhile it runs on an owner already.
     */
    public void takeCore() {
        if (current() == this && lease == 0 && !core.reclaim(this)) {
            Thread.yield(); // INV-4: what follows runs on the carrier that owns the core
        }
    }

    /** By who holds the core: gives it to this carrier, which waits for one. */
    void assign(long number) {
        lease = number;
        LockSupport.unpark(this);
    }

    /** By who has taken it from the spares, and can neither give it a core nor put it back: it has to end. */
    void dismiss() {
        dismissed = true;
        LockSupport.unpark(this);
    }

    boolean isDismissed() {
        return dismissed;
    }

    long lease() {
        return lease;
    }

    /** Monitor: whether the pin is lost. Returns whether it was. */
    boolean setPinLost(boolean lost) {
        boolean wasLost = pinLost;
        pinLost = lost;
        return wasLost;
    }

    /** Monitor: whether the kernel does not say how it is pinned. Returns whether it was so before. */
    boolean setPinUnread(boolean unread) {
        boolean wasUnread = pinUnread;
        pinUnread = unread;
        return wasUnread;
    }

    int kernelId() {
        return kernelId;
    }

    /** What it runs, or ran last. For monitoring. */
    @Nullable
    Runnable running() {
        return shown.get();
    }

    /** Owner: runs nothing, and keeps nothing alive. */
    void rests() {
        shown.set(null);
    }

    /** INV-8: where there is no memory to move something between queues, it is where it was, and is tried again. */
    private @Nullable Runnable nextOrReport() {
        while (true) {
            try {
                return core.next(this);
            } catch (Throwable t) {
                report("the dispatch loop threw; it goes on", t);
            }
        }
    }

    private void report(String text, Throwable thrown) {
        FailureLog.error(CarrierThread.class, core, text, thrown);
    }

    /**
     * What a carrier runs, or ran last. Written by the carrier in opaque mode, for each task; read by the monitor.
     *
     * <p>No field of the carrier, which grows old: up to JDK 25 G1 puts a full fence behind a reference that is written into an old object, for
     * each task. So it is an object of its own, and a new one now and then (ADR 6).
     */
    private static final class Shown {
        private static final VarHandle CONTINUATION =
                fieldVarHandle(MethodHandles.lookup(), "continuation", VarHandle.class, Shown.class, Runnable.class);

        @SuppressWarnings("UnusedVariable") // through CONTINUATION
        private @Nullable Runnable continuation;

        void set(@Nullable Runnable running) {
            CONTINUATION.setOpaque(this, running);
        }

        @Nullable
        Runnable get() {
            return (Runnable) CONTINUATION.getOpaque(this);
        }
    }
}
