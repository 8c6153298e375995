package dev.heddle.runtime.internal.dispatch;

import static dev.heddle.runtime.internal.dispatch.OwnerState.PARKED;
import static dev.heddle.runtime.internal.dispatch.OwnerState.RETIRED;
import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.internal.channel.MpscChannel;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import dev.heddle.runtime.internal.task.Task;
import dev.heddle.runtime.internal.task.TaskGroup;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A core whose tasks are virtual threads: the scheduler of their continuations, and the state of the carrier that runs
 * them.
 *
 * <p>{@link #execute} takes continuations from any thread, for as long as any of them lives, and never blocks. All that
 * is marked as the owner's is for the carrier that owns the core.
 */
public final class VirtualCoreContext extends CoreContext implements Executor {
    /*
     * Invariants. INV-1: every carrier pins itself and verifies that before it polls. INV-2: a carrier owns the core from
     * the transition to AWAKE that made or woke it until its own transition to RETIRED; the table allows one at a time.
     * INV-3, INV-6: execute() only ever adds to the unbounded channel. INV-5: see package-info; both rests are announced
     * in the same word, so that one look of a sender covers both.
     *
     * RETIRED is not the end of the core but the absence of a carrier. Virtual threads that a task started have this
     * scheduler and may outlive every task and the manager's close; when a timer or a poller makes one of them runnable,
     * a carrier is started for it, pinned like the first, and retires again when there is nothing left. The alternative,
     * to keep a carrier until all of them have ended, cannot be had: the JDK does not tell a scheduler who ended.
     */

    /** Between two looks at the clock while spinning; a look costs about 25 ns, a round about as much as a pause. */
    private static final int SPINS_PER_CLOCK = 32;

    /**
     * How long a parked owner sleeps at most. A sender whose stack overflows between its offer and the unpark has put work
     * into the channel, or taken the step to AWAKE, and wakes nobody: the protocol assumes that both are done. The look
     * once a second costs an idle core some microseconds of it, and bounds what such a sender can do to the others.
     */
    private static final long RESCUE_NANOS = 1_000_000_000;

    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final VarHandle DISPATCHES =
            fieldVarHandle(LOOKUP, "dispatches", VarHandle.class, VirtualCoreContext.class, long.class);
    private static final VarHandle PARKS =
            fieldVarHandle(LOOKUP, "parks", VarHandle.class, VirtualCoreContext.class, long.class);
    private static final VarHandle WAKE_UPS =
            fieldVarHandle(LOOKUP, "wakeUps", VarHandle.class, VirtualCoreContext.class, long.class);

    private final MpscChannel<Runnable> channel = new MpscChannel<>();
    private final CompletableFuture<@Nullable Void> started = new CompletableFuture<>();

    private final OwnerState owner = new OwnerState();

    /** The carrier that serves, or the last one that did. Written by a carrier before it serves. */
    private volatile @Nullable Thread carrier;

    // Written by the owner, in opaque mode; read by anyone, for monitoring.
    @SuppressWarnings("UnusedVariable") // through the handles
    private long dispatches;

    @SuppressWarnings("UnusedVariable")
    private long parks;

    @SuppressWarnings("UnusedVariable")
    private long wakeUps;

    /** The owner's. */
    private long forgottenWork;

    /** Makes the context of a CPU; {@link #start()} gives it its carrier. */
    public VirtualCoreContext(CoreSettings settings, int cpu) {
        super(settings, cpu);
    }

    @Override
    public void start() {
        if (owner.revive()) {
            try {
                startCarrier();
            } catch (Throwable t) {
                carrierFailed(t);
            }
        }
    }

    private void startCarrier() {
        try {
            new CarrierThread(this).start();
        } catch (Throwable noThread) {
            owner.announce(RETIRED); // so that the next sender tries again
            throw noThread;
        }
    }

    @Override
    public @Nullable Throwable awaitStarted() {
        return started.handle((ready, failure) -> failure).join();
    }

    /** Owner: pinned and verified, it begins to serve. */
    void carrierReady(Thread thread) {
        carrier = thread;
        started.complete(null);
    }

    /**
     * The would-be owner could not be pinned, and ends. For the first carrier that fails the manager's start. A later one
     * was started for virtual threads that outlived the manager: they wait, on no CPU rather than on a wrong one, until
     * the next sender tries again.
     */
    void carrierFailed(Throwable why) {
        boolean first = started.completeExceptionally(why);
        owner.announce(RETIRED); // before the log, which may fail as well
        if (!first) {
            System.getLogger(VirtualCoreContext.class.getName())
                    .log(System.Logger.Level.ERROR, this + " has no carrier, its virtual threads wait", why);
        }
    }

    @Override
    Thread makeThread(@Nullable String name, Task task) {
        return VirtualThreadHook.newThread(this, name, task);
    }

    @Override
    Thread makeFactoryThread(@Nullable String name, Task task) {
        return VirtualThreadHook.newThread(new FactoryThreadScheduler(task), name, task);
    }

    /** The scheduler of one thread that a factory made: the core, and it notices the start. */
    private final class FactoryThreadScheduler implements Executor {
        /**
         * Not null until the thread is started. Taken away before the continuation is sent, which publishes that: the
         * thread may suspend, and this be called for it, before the sender's call has returned.
         */
        private @Nullable Task unstarted;

        FactoryThreadScheduler(Task task) {
            this.unstarted = task;
        }

        @Override
        public void execute(Runnable continuation) {
            Task task = unstarted;
            if (task == null) {
                VirtualCoreContext.this.execute(continuation);
            } else {
                start(task, continuation);
            }
        }

        private void start(Task task, Runnable continuation) {
            task.enterAtStart();
            unstarted = null;
            boolean sent = false;
            try {
                VirtualCoreContext.this.execute(continuation);
                sent = true;
            } finally {
                if (!sent) {
                    task.cancelStart();
                }
            }
        }
    }

    /** Runs a continuation on this core, sometime. From any thread. */
    @Override
    public void execute(Runnable continuation) {
        channel.offer(continuation); // 1. publish
        wake(); // 2. look at the owner's state. Both volatile: pairs with rest()
    }

    private void wake() {
        if (!wakeParked() && owner.revive()) {
            startCarrier();
        }
    }

    private boolean wakeParked() {
        boolean mine = owner.wake();
        if (mine) {
            LockSupport.unpark(carrier);
        }
        return mine;
    }

    /** A parked carrier has to retire. */
    @Override
    void quiescent() {
        wakeParked();
    }

    /**
     * Owner: returns the next continuation to run, after a rest if there is none.
     *
     * @return null if the caller is the owner no longer, and must end
     */
    @Nullable
    Runnable next() {
        while (true) {
            Runnable continuation = channel.poll();
            if (continuation != null) {
                DISPATCHES.setOpaque(this, (long) DISPATCHES.get(this) + 1);
                return continuation;
            }
            if (!spin() && !rest()) {
                return null;
            }
        }
    }

    /** Owner: looks for work for as long as the settings say. Returns whether there is some. */
    private boolean spin() {
        long spinNanos = settings().spinNanos();
        if (spinNanos == 0) {
            return false;
        }
        TaskGroup tasks = tasks();
        long start = System.nanoTime();
        while (true) {
            for (int i = 0; i < SPINS_PER_CLOCK; i++) {
                if (!channel.isEmpty()) {
                    return true;
                }
                Thread.onSpinWait();
            }
            if (tasks.isQuiescent() || System.nanoTime() - start >= spinNanos) {
                return false;
            }
        }
    }

    /** Owner: parks until there may be work, or retires. Returns false if it retired. */
    private boolean rest() {
        int resting = tasks().isQuiescent() ? RETIRED : PARKED;
        owner.announce(resting); // 1. announce. Pairs with execute()
        boolean reasonToStay = !channel.isEmpty() || (resting == PARKED && tasks().isQuiescent()); // 2. look again
        if (reasonToStay && owner.takeBack(resting)) {
            // Between the two looks another carrier may have come, served and retired: from now on it is this one
            // again.
            carrier = Thread.currentThread();
            return true;
        }
        if (resting == RETIRED) {
            return false; // nothing came, or the sender that brought it has started another carrier
        }
        if (owner.isParked()) {
            PARKS.setOpaque(this, (long) PARKS.get(this) + 1);
            long asleepSince = System.nanoTime();
            do {
                // A set interrupt status would make park return at once, for ever.
                Thread.interrupted();
                LockSupport.parkNanos(this, RESCUE_NANOS);
            } while (owner.isParked() && !(System.nanoTime() - asleepSince >= RESCUE_NANOS && isForgotten()));
            WAKE_UPS.setOpaque(this, (long) WAKE_UPS.get(this) + 1);
        }
        return true;
    }

    /** Owner, parked for long: returns true, and is awake, if somebody had a reason to wake it and did not. */
    private boolean isForgotten() {
        boolean work = !channel.isEmpty();
        boolean forgotten = (work || tasks().isQuiescent()) && owner.takeBack(PARKED);
        if (work && forgotten) {
            forgottenWork++;
        }
        return forgotten;
    }

    /** How often a parked owner found work that nobody had woken it for. For tests, once the owner has ended. */
    public long forgottenWork() {
        return forgottenWork;
    }

    @Override
    public void awaitCarrierGone(long nanos) throws InterruptedException {
        Thread last = carrier;
        if (last != null && nanos > 0) {
            last.join(Duration.ofNanos(nanos));
        }
    }

    @Override
    public CoreStatistics statistics() {
        TaskGroup.Counts counts = tasks().counts();
        return new CoreStatistics(
                cpu(),
                counts.started(),
                counts.ended(),
                counts.failed(),
                (long) DISPATCHES.getOpaque(this),
                (long) PARKS.getOpaque(this),
                (long) WAKE_UPS.getOpaque(this),
                channel.depth(),
                channel.highestDepth());
    }
}
