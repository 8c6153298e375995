package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.SchedulerStatistics;
import dev.heddle.runtime.internal.jdk.Housekeeping;
import dev.heddle.runtime.internal.jdk.SocketPollers;
import dev.heddle.runtime.internal.queue.SharedRunQueue;
import dev.heddle.runtime.internal.task.Stripes;
import dev.heddle.runtime.internal.task.TaskGroup;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the cores of a manager share: the global queue, who searches for work, how long they all live. As an executor, it
 * runs continuations on any of them. Go's {@code sched}.
 */
public final class Scheduler implements CoreBackend, Executor {
    /** For what the tasks of all cores share. */
    private static final Stripes PER_CORE = new Stripes(Stripes.MOST, Scheduler::currentNumber);

    private static final VirtualCoreContext[][] NOBODY = {};

    private final CoreSettings settings;
    private final SharedRunQueue<Runnable> global = new SharedRunQueue<>();
    private final Searchers searchers = new Searchers();
    private final TaskPlace anywhere;
    private final Monitor monitor;

    /** Where the JVM's socket pollers run while this is their host. */
    private final Executor pollers = this::executePoller;

    /** Places that are open, or have live tasks. */
    private final AtomicInteger places = new AtomicInteger();

    private final AtomicInteger coresMade = new AtomicInteger();

    private final AtomicReference<Cores> cores = new AtomicReference<>(Cores.NONE);

    private volatile boolean ended;

    /** The cores, replaced as a whole. */
    private static final class Cores {
        static final Cores NONE = new Cores(new VirtualCoreContext[0], new VirtualCoreContext[0], new Totals(0, 0, 0));

        /** Those that share the work. */
        final VirtualCoreContext[] present;

        /** Those, and the ones that a resize has removed and that may have tasks still. */
        final VirtualCoreContext[] all;

        /** What the others have counted. */
        final Totals gone;

        Cores(VirtualCoreContext[] present, VirtualCoreContext[] all, Totals gone) {
            this.present = present;
            this.all = all;
            this.gone = gone;
        }

        Cores with(VirtualCoreContext core) {
            VirtualCoreContext[] more = Arrays.copyOf(all, all.length + 1);
            more[all.length] = core;
            return new Cores(present, more, gone.plus(core.counters(), -1));
        }
    }

    private record Totals(long steals, long handOvers, long hogs) {
        Totals plus(CoreCounters core, int times) {
            return new Totals(
                    steals + times * core.steals(), handOvers + times * core.handOvers(), hogs + times * core.hogs());
        }
    }

    /** Makes a scheduler without cores. */
    public Scheduler(CoreSettings settings) {
        this.settings = settings;
        this.anywhere = place("anywhere()", this, PER_CORE, () -> {});
        this.monitor = new Monitor(this);
    }

    /** Makes a place whose tasks the executor runs, and for which the cores live on. */
    TaskPlace place(String description, Executor executor, Stripes stripes, Runnable onQuiescent) {
        places.incrementAndGet();
        AtomicBoolean once = new AtomicBoolean();
        return settings.place(description, new VirtualThreads(executor), stripes, () -> {
            if (once.compareAndSet(false, true) && places.decrementAndGet() == 0) {
                end();
            }
            onQuiescent.run();
        });
    }

    @Override
    public TaskPlace anywhere() {
        return anywhere;
    }

    @Override
    public VirtualCoreContext newCore(int cpu) {
        Long seed = settings.shuffleSeed();
        SplittableRandom shuffle = seed == null ? null : new SplittableRandom(seed + cpu);
        return new VirtualCoreContext(this, cpu, coresMade.getAndIncrement(), shuffle);
    }

    @Override
    public void setCores(List<CoreContext> present) {
        VirtualCoreContext[] sharing = present.toArray(VirtualCoreContext[]::new);
        Cores before;
        Cores after;
        do {
            before = cores.get();
            after = successor(before, sharing);
            for (VirtualCoreContext core : after.all) {
                core.setNeighbours(present.contains(core) ? neighbours(core, after.all) : NOBODY);
            }
        } while (!cores.compareAndSet(before, after)); // 1. announce
        for (VirtualCoreContext core : before.all) {
            if (!core.isGone()) {
                readmit(core); // 2. look. Pairs with VirtualCoreContext.seat()
            }
        }
        for (VirtualCoreContext core : sharing) {
            core.join(); // not before: whoever counts as idle is found
        }
        if (ended) {
            end(); // it has come meanwhile, and did not know the new ones
        }
    }

    private static Cores successor(Cores before, VirtualCoreContext[] sharing) {
        Set<VirtualCoreContext> all = new LinkedHashSet<>(Arrays.asList(sharing));
        Totals gone = before.gone;
        for (VirtualCoreContext core : before.all) {
            if (core.isGone()) {
                gone = gone.plus(core.counters(), 1);
            } else {
                core.home(); // cuts its way short
                all.add(core);
            }
        }
        return new Cores(sharing, all.toArray(VirtualCoreContext[]::new), gone);
    }

    /** A removed core has got a carrier: it is looked after again, if it was taken for gone. From any thread. */
    void readmit(VirtualCoreContext core) {
        Cores before;
        do {
            before = cores.get();
            if (Arrays.asList(before.all).contains(core)) {
                return;
            }
        } while (!cores.compareAndSet(before, before.with(core)));
    }

    /**
     * The others, those that are equally near in one array, the nearest first. Removed ones are among them: one that is held up
     * in a task cannot hand on what waits there.
     */
    private VirtualCoreContext[][] neighbours(VirtualCoreContext core, VirtualCoreContext[] all) {
        List<List<VirtualCoreContext>> rings = new ArrayList<>();
        for (int ring = 0; ring < Neighbourhood.RINGS; ring++) {
            rings.add(new ArrayList<>());
        }
        for (VirtualCoreContext other : all) {
            if (other != core) {
                rings.get(settings.neighbourhood().ring(core.cpu(), other.cpu()))
                        .add(other);
            }
        }
        return rings.stream()
                .filter(ring -> !ring.isEmpty())
                .map(ring -> ring.toArray(VirtualCoreContext[]::new))
                .toArray(VirtualCoreContext[][]::new);
    }

    @Override
    public void startMonitor(Consumer<CpuSet> cpusGone, @Nullable Housekeeping housekeeping) {
        monitor.start(cpusGone, housekeeping);
        if (housekeeping == null && mayHostPollers()) {
            SocketPollers.instance().enter(pollers);
            if (ended) {
                SocketPollers.instance().leave(pollers); // it has come meanwhile
            }
        }
    }

    /** Whether the JVM's socket pollers are never held up here, and hold up nothing that was promised. */
    private boolean mayHostPollers() {
        return settings.shareWithHogs() && settings.exclusive().isEmpty() && settings.shuffleSeed() == null;
    }

    @Override
    public void awaitMonitorGone(long nanos) throws InterruptedException {
        monitor.awaitGone(nanos);
    }

    @Override
    public void leave(CoreContext removed, @Nullable CoreContext target) {
        ((VirtualCoreContext) removed).leave((VirtualCoreContext) target);
    }

    @Override
    public SchedulerStatistics statistics() {
        Cores now = cores.get();
        TaskGroup.Counts free = anywhere.tasks().counts();
        List<Long> queues = new ArrayList<>();
        for (VirtualCoreContext core : now.present) {
            CoreStatistics each = core.statistics();
            queues.add(each.channelDepth() + each.stealableDepth());
        }
        Totals totals = now.gone;
        int carriers = 0;
        int spares = 0;
        for (VirtualCoreContext core : now.all) {
            totals = totals.plus(core.counters(), 1);
            carriers += core.carrierCount();
            spares += core.spareCount();
        }
        return new SchedulerStatistics(
                now.present.length,
                Math.max(0, searchers.resting()),
                searchers.searching(),
                carriers,
                spares,
                global.size(),
                queues,
                totals.steals,
                totals.handOvers,
                totals.hogs,
                monitor.pinsLost(),
                monitor.pinsRestored(),
                free.started(),
                free.ended(),
                free.failed());
    }

    private static int currentNumber() {
        CarrierThread here = CarrierThread.current();
        return here == null ? 0 : here.core().number();
    }

    /** Runs a continuation on any core, sometime. From any thread. */
    @Override
    public void execute(Runnable continuation) {
        CarrierThread carrier = CarrierThread.current();
        if (carrier == null || !carrier.offer(this, continuation)) {
            global.offer(continuation); // 1. publish
        }
        wakeOne(); // 2. look who searches and who rests
    }

    /**
     * Runs the continuation of a socket poller. One that has yielded comes behind the tasks of its core that it has woken, so that one
     * question to the kernel serves all of them: among the work of any core it would be next in every second turn. If one of them
     * holds the core, the core is handed over, for the poller waits there.
     */
    private void executePoller(Runnable continuation) {
        CarrierThread here = CarrierThread.current();
        if (here == null || Thread.currentThread() != here || !here.core().takePollerBack(this, here, continuation)) {
            execute(continuation);
        }
    }

    /**
     * Wakes a core for work that any core may run, if one rests and nobody searches.
     *
     * <p>The second try is for who came while this thread held the one appointment without finding a core, and relied on it.
     * There is no third: while cores come and go some are counted that cannot be found, and the caller may be the carrier that
     * the work waits for. The monitor looks again.
     */
    void wakeOne() {
        if (!tryWakeOne() && hasWork()) {
            tryWakeOne();
        }
    }

    /** Returns false if it was to wake a core and has found none. */
    private boolean tryWakeOne() {
        if (!searchers.tryAppoint()) {
            return true;
        }
        VirtualCoreContext[] present = cores();
        int start = (int) (Thread.currentThread().threadId() & Short.MAX_VALUE);
        for (int i = 0; i < present.length; i++) {
            if (present[(start + i) % present.length].wakeToSearch()) {
                return true;
            }
        }
        searchers.stop();
        return false;
    }

    /** Whether there is work that any core may take. In the one order of volatile accesses (INV-5). */
    boolean hasWork() {
        if (!global.isEmpty()) {
            return true;
        }
        for (VirtualCoreContext core : allCores()) {
            if (core.queues().hasStealable()) {
                return true;
            }
        }
        return false;
    }

    /** The last place is closed and its last task has left: carriers go when they find nothing to run. */
    private void end() {
        ended = true;
        SocketPollers.instance().leave(pollers);
        for (VirtualCoreContext core : allCores()) {
            core.wakeToEnd();
        }
        monitor.end();
    }

    boolean hasEnded() {
        return ended;
    }

    /** The present cores, and removed ones that may have tasks still. */
    VirtualCoreContext[] allCores() {
        return cores.get().all;
    }

    VirtualCoreContext[] cores() {
        return cores.get().present;
    }

    CoreSettings settings() {
        return settings;
    }

    SharedRunQueue<Runnable> global() {
        return global;
    }

    Searchers searchers() {
        return searchers;
    }

    Monitor monitor() {
        return monitor;
    }
}
