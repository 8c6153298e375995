package dev.heddle.runtime.internal.dispatch;

import static dev.heddle.runtime.internal.dispatch.OwnerState.AWAKE;
import static dev.heddle.runtime.internal.dispatch.OwnerState.PARKED;
import static dev.heddle.runtime.internal.dispatch.OwnerState.SEARCHING;
import static dev.heddle.runtime.internal.dispatch.OwnerState.VACANT;

import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.internal.channel.MpscChannel;
import dev.heddle.runtime.internal.jdk.SocketPollers;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import dev.heddle.runtime.internal.task.Stripes;
import dev.heddle.runtime.internal.task.TaskGroup;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A core whose tasks are virtual threads: the scheduler of their continuations, and the state of the carrier that runs
 * them.
 *
 * <p>{@link #execute} takes continuations of PINNED tasks from any thread, for as long as any of them lives, and never
 * blocks. All that is marked as the owner's is for the carrier that owns the core.
 */
public final class VirtualCoreContext extends CoreContext implements Executor {
    /*
     * Invariants. INV-1: every carrier pins itself and verifies that before it waits for a lease. INV-2: see OwnerState for
     * a core that rests and Lease for one that is awake. INV-3, INV-6: execute() only ever adds to unbounded queues. INV-4:
     * see CarrierThread.serve. INV-5: see package-info; both rests are announced in the same word, so that one look of a
     * sender covers both.
     *
     * How a carrier loses its core, and who has it then:
     *   - its task calls Blocking.call: give() hands the core to a spare if something waits, and leaves it VACANT if not, for
     *     the next sender to seat somebody. When the call returns, reclaim() takes the core again if it is VACANT or its
     *     owner sleeps; else the task yields, and so waits in its own core's channel.
     *   - its task sleeps in the kernel, or computes for long: the monitor's handOver() takes the lease for a spare. It starts
     *     one beforehand if there is none, so that no core is ever given to a thread that is not pinned yet. Where all that
     *     waits is to move, it takes the lease for nobody.
     *   - there is nothing to do and nothing will be: rest() ends as VACANT.
     *
     * VACANT is not the end of the core but the absence of a carrier. Virtual threads that a task started have this
     * scheduler and may outlive every task and the manager's close; when a timer or a poller makes one of them runnable, a
     * carrier is started for it, pinned like the first, and goes again when there is nothing left. The alternative, to keep
     * a carrier until all of them have ended, cannot be had: the JDK does not tell a scheduler who ended.
     *
     * INV-8: a system that has no thread to give, or no memory, leaves a core VACANT while something waits for it. Whoever
     * wanted the carrier hears nothing of that, for what it has sent is in the queues, and a sender that was told so would
     * send it again: the core says it once, and the monitor tries again (seatLate).
     */

    /**
     * How long a parked owner sleeps at most. A sender whose stack overflows between its offer and the unpark has put work
     * into the channel, or taken the step to AWAKE, and wakes nobody: the protocol assumes that both are done. The look
     * once a second costs an idle core some microseconds of it, and bounds what such a sender can do to the others.
     */
    private static final long RESCUE_NANOS = 1_000_000_000;

    private final Scheduler scheduler;
    private final int number;
    private final RunQueues queues;

    private final Consumer<Runnable> globalQueue;

    /** That of the queues: senders find it here, and not beside what the owner writes there. */
    private final MpscChannel<Runnable> channel;

    private final OwnerState owner = new OwnerState();
    private final Lease lease = new Lease(AsymmetricFence.ofThisProcess());
    private final CompletableFuture<@Nullable Void> started = new CompletableFuture<>();
    private final CarrierPool carriers = new CarrierPool(this);

    private final TaskPlace pinned;
    private final TaskPlace preferred;
    private final boolean exclusive;

    // The next four are fields of the core, and in no class of their own: senders and the owner read them for each
    // task, and ping-pong across cores took some per cent longer where they were in one.

    /** A resize has removed the core: it serves its own tasks, and those that prefer it go elsewhere. */
    private volatile boolean leaving;

    /** It is one of the manager's cores, takes work that any core may run, and is counted when it rests. Not yet before that, nor once it is {@link #leaving}. */
    private volatile boolean sharing;

    /** Where a resize moves its PINNED tasks, until that has begun. Written by the resize before {@link #leaving}. */
    private volatile @Nullable VirtualCoreContext goesTo;

    /** Where its PINNED tasks have moved, or where they have moved on to. */
    private volatile @Nullable VirtualCoreContext movedTo;

    /** The owner's. */
    private final WorkSearch search;

    /** The owner's. */
    private final HeldPollers sockets;

    /** The owner's. */
    private final SpinningOwner spinning;

    private final CoreCounters counters = new CoreCounters();

    /** The watch has found that the CPU is not to be had: it is offline, or outside of the cpuset. Written by the monitor. */
    private volatile boolean cpuGone;

    /** The owner has seen that the core is {@link #leaving}. The owner's. */
    private boolean knowsItLeaves;

    /** How often a parked owner found work that nobody had woken it for. The owner's. */
    private long forgottenWork;

    VirtualCoreContext(Scheduler scheduler, int cpu, int number, @Nullable SplittableRandom shuffle) {
        super(scheduler.settings(), cpu);
        this.scheduler = scheduler;
        this.number = number;
        this.exclusive = settings().exclusive().contains(cpu);
        this.queues = new RunQueues(scheduler.global(), () -> scheduler.cores().length, shuffle);
        this.channel = queues.channel;
        this.globalQueue = scheduler.global()::offer;
        this.sockets = new HeldPollers(this, SocketPollers::pollerOf, queues::addLocal);
        this.pinned = scheduler.place("core " + cpu, this, Stripes.ONE, this::wakeToEnd);
        this.preferred = scheduler.place("preferred core " + cpu, this::executePreferred, Stripes.ONE, () -> {});
        this.search = new WorkSearch(scheduler, this);
        this.spinning = new SpinningOwner(scheduler, this, search, sockets);
    }

    /** Which of its manager's cores it is, from 0 in the order in which they were made. */
    int number() {
        return number;
    }

    @Override
    public TaskPlace pinned() {
        return pinned;
    }

    @Override
    public TaskPlace preferred() {
        return preferred;
    }

    @Override
    public void start() {
        long rest = owner.rouse(AWAKE);
        if (rest != AWAKE) {
            try {
                restEnded(rest);
                seat();
            } catch (Throwable t) {
                started.completeExceptionally(t);
            }
        }
    }

    @Override
    public @Nullable Throwable awaitStarted() {
        return started.handle((ready, failure) -> failure).join();
    }

    // ---- carriers: from their start to their end ----

    /** Carrier: pinned and verified, it is ready for a lease. */
    void carrierPinned(CarrierThread pinnedCarrier) {
        carriers.ready(pinnedCarrier);
        started.complete(null); // the first one is not a spare
    }

    /**
     * A carrier could not be pinned, and ends. For the first one that fails the manager's start. A later one that was started
     * to own the core leaves it without an owner: what waits there waits, on no CPU rather than on a wrong one, until a
     * sender or the monitor tries again.
     */
    void carrierFailed(CarrierThread failed, Throwable why) {
        boolean first = started.completeExceptionally(why);
        carriers.failed(failed);
        if (failed.lease() != 0) {
            leaveVacant();
            failed.forgetLease();
        }
        if (!first) {
            pinsAreInDoubt(); // the CPU may be gone
            carriers.reportLack(why);
        }
    }

    /**
     * Carrier: waits for a lease among the spares.
     *
     * @return false if it is needed no longer, and must end
     */
    boolean awaitLease(CarrierThread waiting) {
        return waiting.lease() != 0 || carriers.awaitLease(waiting, this::needsNoSpares);
    }

    /** Nothing is handed over any longer; where virtual threads that tasks have left behind wait for each other, something is. */
    private boolean needsNoSpares() {
        return isEnding() && (scheduler.hasEnded() || isMoving() || !hasWaiting());
    }

    /** Carrier: ends. */
    void carrierEnded(CarrierThread ended) {
        carriers.ended(ended);
        if (ended.lease() != 0 && lease.enter(ended.holder(), ended.lease())) {
            leaveVacant(); // it should not have ended: INV-8
        }
    }

    /**
     * By who holds the core: gives it to a carrier, a spare one or a new one. If that fails it is vacant.
     *
     * @return false if a new one could not be had a moment ago
     */
    private boolean seat() {
        if (move() != null) {
            vacate();
            return true;
        }
        long number = lease.pass();
        CarrierThread spare = carriers.takeSpare();
        if (spare != null) {
            carriers.seat(spare, number); // if this is cut short it is the owner all the same, as soon as it looks
            return true;
        }
        boolean running = false;
        try {
            running = carriers.startOwner(number);
        } finally {
            if (!running) {
                leaveVacant();
            }
        }
        if (leaving) {
            scheduler.readmit(this); // it may have been gone: pairs with Scheduler.setCores()
        }
        return running;
    }

    /** By who holds the core, and has found no carrier for it: the next sender tries again, and the monitor. */
    private void leaveVacant() {
        decline();
        long rest;
        do {
            rest = OwnerState.rest(VACANT, sharing, lease.pass());
            announce(rest); // 1. pairs with Monitor.sleep()
        } while (OwnerState.isCounted(rest) != sharing && takeBack(rest));
        scheduler.monitor().noticeWork(); // 2.
    }

    /**
     * Monitor: something waited beside this core, in this rest. Has a carrier serve it, unless that was tried just now, or the rest
     * has ended meanwhile: then the core may be vacant again and nothing wait, and a carrier would be started for nobody.
     */
    void seatLate(long rest, long now) {
        if (rest != AWAKE && carriers.mayRetry(now) && owner.takeBack(rest)) {
            seeTo(rest);
            carriers.retried(now);
        }
    }

    /** By who holds the core: if it was woken to search, it counts among the searchers no longer. */
    private void decline() {
        if (owner.acknowledge()) {
            scheduler.searchers().stop();
        }
    }

    // ---- senders ----

    /** Runs a continuation on this core and no other, sometime. From any thread. */
    @Override
    public void execute(Runnable continuation) {
        VirtualCoreContext home = home();
        if (home != this) {
            home.execute(continuation); // which looks once more
            return;
        }
        CarrierThread here = CarrierThread.current();
        if (here != null && here.core() == this && here.enter()) {
            try {
                queues.addLocal(continuation); // its owner is awake, and looks when its task has suspended
            } finally {
                here.leave();
            }
        } else {
            channel.offer(continuation); // 1. publish
            if (!wake()) { // 2. look at the owner's state. Both volatile: pairs with rest()
                scheduler.monitor().noticeWork(); // a carrier that blocks would not see it
            }
        }
    }

    /**
     * Where its PINNED tasks are served: here, or where resizes have moved them by now. From any thread. The way there grows by a step with
     * each resize: it is followed in a loop, and cut short. A late writer may make it longer again, but never wrong, for no core on it comes
     * back.
     */
    VirtualCoreContext home() {
        VirtualCoreContext first = movedTo;
        if (first == null) {
            return this;
        }
        VirtualCoreContext last = first;
        VirtualCoreContext next;
        while ((next = last.movedTo) != null) {
            last = next;
        }
        if (last != first) {
            movedTo = last;
        }
        return last;
    }

    /** Runs a continuation on this core if it can. From any thread. */
    private void executePreferred(Runnable continuation) {
        if (!sharing) {
            scheduler.execute(continuation);
            return;
        }
        queues.addPreferred(continuation);
        if (!wake()) {
            scheduler.wakeOne(); // this core is busy: another one may have it
        }
    }

    /**
     * A carrier of this core puts in what any core may run.
     *
     * @return false if it does not own this core, or this is not one that shares the work
     */
    boolean offer(Scheduler whose, CarrierThread here, Runnable continuation) {
        if (scheduler != whose || !sharing || !here.enter()) {
            return false;
        }
        try {
            if (VirtualThreadHook.isFresh(continuation)) {
                queues.addFresh(continuation);
            } else if (Thread.currentThread() == here) {
                queues.addReady(continuation); // it has yielded, or what ended has woken it
            } else {
                queues.addNext(continuation);
            }
            return true;
        } finally {
            here.leave();
        }
    }

    /**
     * A carrier of this core on which a socket poller has yielded: that comes behind the tasks that it has woken. If the core spins
     * it asks the kernel itself from then on.
     *
     * @return false if this is not one that shares the work
     */
    boolean takePollerBack(Scheduler whose, CarrierThread here, Runnable poller) {
        if (scheduler != whose || !sharing) {
            return false;
        }
        // Where a core rests its CPU is free for who waits in the kernel, and the core for who is woken.
        if (settings().spinNanos() != 0
                && scheduler.searchers().resting() <= 0
                && !scheduler.hasEnded()
                && here.enter()) {
            try {
                if (spinning.hold(poller)) {
                    return true;
                }
            } finally {
                here.leave();
            }
        }
        execute(poller);
        return true;
    }

    /** Returns whether the core rested. */
    private boolean wake() {
        long rest = owner.rouse(AWAKE);
        if (rest == AWAKE) {
            return false;
        }
        seeTo(rest);
        return true;
    }

    /**
     * Wakes the core to search, for which it has been counted. Returns false if it does not rest, or can have no carrier, or shares
     * no work any longer: one that is handed on would wake the next searcher in turn, and so itself again, and again.
     */
    boolean wakeToSearch() {
        if (!sharing || (owner.isVacant() && carriers.areLacking())) {
            return false;
        }
        long rest = owner.rouse(SEARCHING);
        if (rest == AWAKE) {
            return false;
        }
        // Without a carrier it has been counted out: the caller is to wake another one, unless somebody searches by
        // now.
        return seeTo(rest) || !scheduler.searchers().tryAppoint();
    }

    /** A parked carrier has to end, and so have the spares. */
    void wakeToEnd() {
        if (!isEnding()) {
            return;
        }
        long rest = owner.wake();
        if (rest != AWAKE) {
            seeTo(rest);
        }
        carriers.wakeSpares();
    }

    /** By who has ended a rest. Returns false if the core rests again, for it can have no carrier. */
    private boolean seeTo(long rest) {
        restEnded(rest);
        if (OwnerState.kind(rest) == PARKED) {
            LockSupport.unpark(carriers.owner());
            return true;
        }
        return handOver();
    }

    /** By whoever has ended a rest, or taken it back: no core is awake without the monitor knowing it. */
    private void restEnded(long rest) {
        if (OwnerState.isCounted(rest)) {
            scheduler.searchers().roused();
        }
        scheduler.monitor().noticeWork();
    }

    /** By who holds the core, after something was sent: nothing is thrown, for that would be taken for not sent. */
    private boolean handOver() {
        counters.countHandOver();
        try {
            return seat();
        } catch (Throwable noMemory) {
            carriers.reportLack(noMemory);
            return false;
        }
    }

    // ---- the owner ----

    /** Carrier: has become the owner. */
    void begin() {
        if (owner.acknowledge()) {
            search.appointed();
        }
    }

    /**
     * Owner: returns the next continuation to run, after a rest if there is none.
     *
     * @return null if the caller is the owner no longer
     */
    @Nullable
    Runnable next(CarrierThread here) {
        while (true) {
            Runnable continuation = sharing ? queues.poll() : pollAlone();
            if (continuation == sockets) {
                continuation = spinning.takeSocketsTurn();
                if (continuation == null) {
                    continue;
                }
            } else if (continuation == null && sharing) {
                continuation = search.steal();
            }
            if (continuation != null) {
                search.succeed();
                counters.countDispatch();
                if (!queues.inheritsSlice()) {
                    counters.countSlice();
                }
                return continuation;
            }
            if (!spinning.endSocketsTurn() && !spinning.spin() && !rest(here)) {
                return null;
            }
        }
    }

    /** Owner: takes its own work, of a core that shares no other. */
    private @Nullable Runnable pollAlone() {
        if (!leaving) {
            return queues.pollOnlyPinned();
        }
        boolean reliedOn = search.giveUp() || !knowsItLeaves;
        knowsItLeaves = true;
        boolean gaveUp = sockets.giveUpAll(globalQueue);
        if (queues.evacuate() || gaveUp || reliedOn) {
            scheduler.wakeOne(); // who has sent something for any core relied on its search, or on its next look
        }
        VirtualCoreContext target = move();
        if (target == null) {
            return queues.pollOnlyPinned();
        }
        queues.forwardPinned(target);
        return null;
    }

    /** Owner: parks until there may be work, or leaves the core vacant. Returns false if it is the owner no longer. */
    private boolean rest(CarrierThread here) {
        spinning.rests();
        boolean hasSearched = search.giveUp(); // before the second look
        queues.clearUnused();
        here.rests();
        long rest = OwnerState.rest(isEnding() ? VACANT : PARKED, sharing, here.lease());
        announce(rest); // 1. announce. Pairs with execute()
        if (hasReasonToStay(rest, hasSearched) && takeBack(rest)) { // 2. look again
            return true;
        }
        if (OwnerState.kind(rest) == VACANT) {
            return false; // nothing came, or the sender that brought it has seated another carrier
        }
        if (owner.isAsleep()) {
            sleep(here, rest);
        }
        if (here.lease() != lease.number()) {
            return false; // a task that came back from a blocking call has taken the core
        }
        begin();
        return true;
    }

    private void sleep(CarrierThread here, long rest) {
        counters.countPark();
        long asleepSince = System.nanoTime();
        do {
            // A set interrupt status would make park return at once, for ever.
            Thread.interrupted();
            LockSupport.parkNanos(this, RESCUE_NANOS);
        } while (owner.isAsleep()
                && here.lease() == lease.number()
                && !(System.nanoTime() - asleepSince >= RESCUE_NANOS && isForgotten(rest)));
        counters.countWakeUp();
    }

    private void announce(long rest) {
        owner.announce(rest);
        if (OwnerState.isCounted(rest)) {
            scheduler.searchers().rested();
        }
    }

    private boolean takeBack(long rest) {
        boolean mine = owner.takeBack(rest);
        if (mine) {
            restEnded(rest);
        }
        return mine;
    }

    private boolean hasReasonToStay(long rest, boolean hasSearched) {
        return !queues.isEmpty()
                || (OwnerState.kind(rest) == PARKED && isEnding())
                || OwnerState.isCounted(rest) != sharing // told just now: once more, counted as it is to be
                || (leaving && !knowsItLeaves)
                || (sharing
                        && (hasSearched
                                ? scheduler.hasWork()
                                : !scheduler.global().isEmpty()));
    }

    /** Owner, parked for long: returns true, and is awake, if somebody had a reason to wake it and did not. */
    private boolean isForgotten(long rest) {
        boolean work = queues.hasArrivals();
        boolean forgotten = (work || isEnding()) && takeBack(rest);
        if (work && forgotten) {
            forgottenWork++;
        }
        return forgotten;
    }

    /** Nothing will come that somebody waits for: no task is left that this core lives on for. */
    boolean isEnding() {
        return scheduler.hasEnded() || (leaving && (isMoving() || pinned.tasks().isQuiescent()));
    }

    // ---- hand-over ----

    /**
     * Owner, in a task that is about to block: gives the core to another carrier if something waits, else leaves it vacant.
     *
     * @return false if the caller does not own the core, or there are as many carriers as there may be
     */
    boolean give(CarrierThread here) {
        if (carriers.isFull() || !here.enter()) {
            return false;
        }
        if (sockets.isInTurn()) {
            try {
                sockets.endTurn();
            } catch (Throwable noMemory) {
                here.leave(); // somebody has to be there to end it
                return false;
            }
        }
        long rest = OwnerState.rest(VACANT, sharing, here.lease());
        here.forgetLease();
        if (queues.isEmpty()) {
            announce(rest);
            if (!hasReasonToStay(rest, true) || !takeBack(rest)) {
                return true;
            }
        }
        handOver(); // if that fails the call may block all the same
        return true;
    }

    /** A carrier whose task has come back from a blocking call: takes the core again, if it is free. */
    boolean reclaim(CarrierThread here) {
        if (hasMoved()) {
            return false; // it suspends, and goes on there
        }
        long rest = owner.claim();
        CarrierThread sleeper = rest == AWAKE ? null : carriers.owner();
        if (rest == AWAKE) {
            rest = owner.occupy(); // and not one that has got an owner since, which sleeps: that must be claimed
            if (rest == AWAKE) {
                return false;
            }
        }
        restEnded(rest);
        carriers.setOwner(here);
        long number = lease.pass();
        if (sleeper != null) {
            // After the lease has passed, so that the sleeper sees that the core is another's. Before the task runs:
            // from then on the monitor may take the core, and the next owner announce a rest.
            owner.announce(AWAKE);
            LockSupport.unpark(sleeper);
        }
        here.takeLease(number);
        return true;
    }

    /**
     * Monitor: takes the core from this carrier, which runs a task under this lease, for a spare. If there is none it is started,
     * and the core changes hands when the monitor asks again. A core whose tasks have moved gets no other carrier: what waits goes after
     * them.
     *
     * @return whether the core has changed hands
     */
    boolean handOver(CarrierThread from, long number) {
        if (hasMoved()) {
            boolean taken = lease.take(from.holder(), number) != 0;
            if (taken) {
                vacate();
            }
            return taken;
        }
        CarrierThread spare = carriers.takeSpare();
        if (spare == null) {
            carriers.prepareSpare();
            return false;
        }
        long next = 0;
        try {
            next = lease.take(from.holder(), number);
        } finally {
            if (next == 0) {
                carriers.putBack(spare);
            }
        }
        if (next == 0) {
            return false;
        }
        counters.countHandOver();
        carriers.seat(spare, next);
        return true;
    }

    // ---- added and removed by a resize ----

    /** By who changes the cores, once others find it: shares work from now on. One that rests does so again, and is counted. */
    void join() {
        if (sharing) {
            return;
        }
        sharing = true;
        long rest = owner.rouse(AWAKE);
        if (rest != AWAKE) {
            restEnded(rest);
            if (OwnerState.kind(rest) == PARKED) {
                LockSupport.unpark(carriers.owner());
            } else {
                leaveVacant();
            }
        }
    }

    /** Shares no work any longer; its PINNED tasks go to another core, or stay if that is null. */
    void leave(@Nullable VirtualCoreContext target) {
        goesTo = target;
        if (!exclusive) {
            move();
        }
        leaving = true;
        sharing = false;
        long rest = owner.rouse(AWAKE);
        if (rest != AWAKE) {
            restEnded(rest);
            if (OwnerState.kind(rest) == PARKED) {
                LockSupport.unpark(carriers.owner()); // in its next rest it is not counted
            } else {
                try {
                    vacate();
                } catch (Throwable noMemory) {
                    carriers.reportLack(noMemory);
                }
            }
        }
        carriers.wakeSpares();
    }

    /**
     * If its PINNED tasks go elsewhere: senders send them there from now on. By who holds the core, between two tasks; by the resize if the core
     * is not exclusive. For if it is, no other task may be about while one is between two suspensions, not even on another core.
     *
     * @return where they go, or null if they stay
     */
    private @Nullable VirtualCoreContext move() {
        VirtualCoreContext target = goesTo;
        if (target != null) {
            movedTo = target;
            goesTo = null; // and keeps it alive no longer than movedTo does
        }
        return movedTo;
    }

    /** Monitor: whether senders send its PINNED tasks elsewhere. */
    boolean hasMoved() {
        return movedTo != null;
    }

    private boolean isMoving() {
        return goesTo != null || movedTo != null;
    }

    /** By who holds the core without being its carrier, and which goes: hands on what has somewhere to go, and leaves it vacant, not counted. */
    private void vacate() {
        decline();
        VirtualCoreContext target = move();
        boolean held = true;
        try {
            sockets.giveUpAll(globalQueue);
            while (held) {
                queues.evacuate();
                if (target != null) {
                    queues.forwardPinned(target);
                }
                long rest = OwnerState.rest(VACANT, false, lease.pass());
                owner.announce(rest);
                held = !queues.isEmpty() && owner.takeBack(rest);
                if (held && target == null) {
                    held = false;
                    seat(); // for what is served here to its end
                }
            }
        } finally {
            if (held) {
                leaveVacant();
            }
        }
        scheduler.wakeOne(); // whoever has sent something while this counted as searching relied on it
    }

    /** Whether it has been removed, and none of its tasks is left. */
    boolean isGone() {
        return leaving
                && pinned.tasks().isQuiescent()
                && preferred.tasks().isQuiescent()
                && carriers.isEmpty()
                && queues.isEmpty();
    }

    // ---- for monitoring ----

    @Override
    public void awaitCarriersGone(long nanos) throws InterruptedException {
        carriers.awaitGone(nanos);
    }

    @Override
    public CoreStatistics statistics() {
        TaskGroup.Counts counts = pinned.tasks().counts();
        return new CoreStatistics(
                cpu(),
                counts.started(),
                counts.ended(),
                counts.failed(),
                counters.dispatches(),
                counters.parks(),
                counters.wakeUps(),
                pinnedWaiting(),
                channel.highestDepth(),
                queues.stealableSize(),
                counters.steals(),
                counters.handOvers(),
                counters.hogs(),
                carriers.size(),
                carriers.spares(),
                counters.pinsLost(),
                counters.pinsRestored(),
                counters.audits(),
                counters.misplaced());
    }

    /** How often a parked owner found work that nobody had woken it for. For tests, once the owner has ended. */
    public long forgottenWork() {
        return forgottenWork;
    }

    /** Monitor: the core goes on with one task, or has no carrier. The sockets that it asks for itself are work of any core now. */
    void takeSockets() {
        if (sockets.takeAll(globalQueue)) {
            scheduler.wakeOne();
        }
    }

    /** Monitor: this is its last look. The core may be held up, and nobody hands it over any longer. */
    void runSockets() {
        sockets.takeAll(HeldPollers::runHere);
    }

    /** Monitor: whether something waits that this core would run. */
    boolean isWaitedFor() {
        return hasWaiting() || (sharing && !scheduler.global().isEmpty());
    }

    /** Monitor: whether the core asks for sockets itself, between its tasks. */
    boolean asksForSockets() {
        return sockets.mayBeTaken();
    }

    /** Whether something waits here, but for the sockets that the core asks for itself. */
    private boolean hasWaiting() {
        return pinnedWaiting() != 0 || queues.stealableSize() != 0;
    }

    private int pinnedWaiting() {
        int size = queues.pinnedSize();
        return sockets.isInQueue() ? Math.max(0, size - 1) : size;
    }

    CoreCounters counters() {
        return counters;
    }

    RunQueues queues() {
        return queues;
    }

    Lease lease() {
        return lease;
    }

    /** By who changes the cores. */
    void setNeighbours(VirtualCoreContext[][] nearestFirst) {
        search.setNeighbours(nearestFirst);
    }

    VirtualCoreContext[][] neighbours() {
        return search.neighbours();
    }

    /** The carriers, at one moment or nearly: its owner, spares, and those that are in a blocked task. */
    void forEachCarrier(Consumer<CarrierThread> action) {
        carriers.forEach(action);
    }

    /** A carrier has reason to think that it is not where it should be: the monitor looks. */
    void pinsAreInDoubt() {
        scheduler.monitor().lookAtPins();
    }

    /** Monitor: the CPU is gone, or is back. */
    void setCpuGone(boolean gone) {
        cpuGone = gone;
    }

    @Override
    public boolean isCpuGone() {
        return cpuGone;
    }

    boolean isSharing() {
        return sharing;
    }

    boolean isExclusive() {
        return exclusive;
    }

    boolean isResting() {
        return owner.isResting();
    }

    /** The rest that the core is in, or AWAKE. */
    long rest() {
        return owner.rest();
    }

    @Nullable
    CarrierThread carrier() {
        return carriers.owner();
    }

    int carrierCount() {
        return carriers.size();
    }

    int spareCount() {
        return carriers.spares();
    }
}
