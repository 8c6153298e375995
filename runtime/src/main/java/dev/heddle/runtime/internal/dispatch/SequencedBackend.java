package dev.heddle.runtime.internal.dispatch;

import static dev.heddle.runtime.internal.dispatch.OwnerState.AWAKE;
import static dev.heddle.runtime.internal.dispatch.OwnerState.PARKED;
import static dev.heddle.runtime.internal.dispatch.OwnerState.VACANT;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.SchedulerStatistics;
import dev.heddle.runtime.internal.channel.MpscChannel;
import dev.heddle.runtime.internal.jdk.Housekeeping;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.task.Stripes;
import dev.heddle.runtime.internal.task.TaskGroup;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Cores that run one task at a time, all together, in an order that a seed decides: for tests.
 *
 * <p>What a program of tasks does among themselves is then the same in every run with the same seed. What comes from outside
 * (another thread, a timer, a socket) comes when it comes.
 */
public final class SequencedBackend implements CoreBackend {
    /*
     * One thread, the sequencer, owns everything that is runnable. It takes what has arrived, in the order of arrival,
     * chooses one by its generator, lends it to the carrier of its core, and waits until that has given it back. So
     * while it chooses no task runs, and what arrives between two choices was sent by one task in its own order.
     *
     * The sequencer rests and is woken as a core's owner is: OwnerState, with VACANT when everything has ended. A sender that
     * finds it VACANT starts another one.
     */
    private record Arrival(@Nullable SequencedCoreContext core, Runnable continuation) {}

    /** From one try to start a carrier to the next. */
    private static final long RETRY_NANOS = 100_000_000;

    private final CoreSettings settings;
    private final SplittableRandom random;
    private final MpscChannel<Arrival> inbox = new MpscChannel<>();
    private final OwnerState owner = new OwnerState();
    private final AtomicInteger places = new AtomicInteger();
    private final TaskPlace anywhere;
    private volatile List<CoreContext> cores = List.of();
    private volatile boolean ended;
    private volatile @Nullable Thread sequencer;

    /** Makes a backend without cores. */
    public SequencedBackend(CoreSettings settings, long seed) {
        this.settings = settings;
        this.random = new SplittableRandom(seed);
        this.anywhere = place("anywhere()", continuation -> send(null, continuation));
    }

    TaskPlace place(String description, Executor executor) {
        places.incrementAndGet();
        AtomicBoolean once = new AtomicBoolean();
        return settings.place(description, new VirtualThreads(executor), Stripes.ONE, () -> {
            if (once.compareAndSet(false, true) && places.decrementAndGet() == 0) {
                ended = true;
                if (owner.wake() != AWAKE) {
                    LockSupport.unpark(sequencer);
                }
            }
        });
    }

    /** Makes a continuation runnable. From any thread. */
    void send(@Nullable SequencedCoreContext core, Runnable continuation) {
        inbox.offer(new Arrival(core, continuation)); // 1. publish
        long rest = owner.rouse(AWAKE); // 2. look. Pairs with rest()
        if (OwnerState.kind(rest) == PARKED) {
            LockSupport.unpark(sequencer);
        } else if (OwnerState.kind(rest) == VACANT) {
            Thread next = Thread.ofPlatform()
                    .name(settings.name() + "-sequencer")
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .unstarted(this::run);
            sequencer = next;
            boolean running = false;
            try {
                next.start();
                running = true;
            } finally {
                if (!running) {
                    // The next sender tries again, and so does this one, which hears of it: the JDK sends once more,
                    // and runs once what comes twice.
                    owner.announce(OwnerState.rest(VACANT, false, 0));
                }
            }
        }
    }

    private void run() {
        JdkThreads.widen();
        List<Arrival> runnable = new ArrayList<>();
        Map<CoreContext, Carrier> carriers = new HashMap<>();
        do {
            Arrival arrived;
            while ((arrived = inbox.poll()) != null) {
                runnable.add(arrived);
            }
            if (!runnable.isEmpty()) {
                Arrival chosen = runnable.remove(random.nextInt(runnable.size()));
                List<CoreContext> present = cores;
                SequencedCoreContext core = chosen.core() == null
                        ? (SequencedCoreContext) present.get(random.nextInt(present.size()))
                        : chosen.core().target();
                core.countDispatch();
                carrierOf(core, carriers).lend(chosen.continuation());
            }
        } while (!runnable.isEmpty() || rest());
        carriers.values().forEach(Carrier::end);
    }

    private static Carrier carrierOf(SequencedCoreContext core, Map<CoreContext, Carrier> carriers) {
        while (true) {
            try {
                return carriers.computeIfAbsent(core, where -> Carrier.startOn((SequencedCoreContext) where));
            } catch (OutOfMemoryError noThread) {
                // What was chosen comes next, however long that takes: the order is what this is for.
                FailureLog.error(SequencedBackend.class, core, "has no carrier, and tries again", noThread);
                LockSupport.parkNanos(RETRY_NANOS);
            }
        }
    }

    /** Returns false if everything has ended. */
    private boolean rest() {
        long rest = OwnerState.rest(ended ? VACANT : PARKED, false, 0);
        owner.announce(rest); // 1. announce
        boolean reasonToStay = !inbox.isEmpty() || (ended && OwnerState.kind(rest) == PARKED); // 2. look again
        if (reasonToStay && owner.takeBack(rest)) {
            return true;
        }
        if (OwnerState.kind(rest) == VACANT) {
            return false;
        }
        while (owner.isAsleep()) {
            Thread.interrupted();
            LockSupport.park(this);
        }
        return true;
    }

    void awaitGone(long nanos) throws InterruptedException {
        Thread last = sequencer;
        if (last != null && nanos > 0) {
            last.join(Duration.ofNanos(nanos));
        }
    }

    @Override
    public TaskPlace anywhere() {
        return anywhere;
    }

    @Override
    public CoreContext newCore(int cpu) {
        return new SequencedCoreContext(this, settings, cpu);
    }

    @Override
    public void setCores(List<CoreContext> present) {
        cores = List.copyOf(present);
    }

    @Override
    public void startMonitor(Consumer<CpuSet> cpusGone, @Nullable Housekeeping housekeeping) {}

    @Override
    public void awaitMonitorGone(long nanos) {}

    @Override
    public void leave(CoreContext removed, @Nullable CoreContext target) {
        ((SequencedCoreContext) removed).moveTo((SequencedCoreContext) target);
    }

    @Override
    public SchedulerStatistics statistics() {
        List<CoreContext> now = cores;
        TaskGroup.Counts free = anywhere.tasks().counts();
        return new SchedulerStatistics(
                now.size(),
                0,
                0,
                now.size(),
                0,
                inbox.depth(),
                now.stream().map(core -> 0L).toList(),
                0,
                0,
                0,
                0,
                0,
                free.started(),
                free.ended(),
                free.failed());
    }

    /** Runs what the sequencer lends it, on its core's CPU. */
    public static final class Carrier extends Thread implements CoreThread {
        private final SequencedCoreContext core;
        private final Thread lender = Thread.currentThread();
        private volatile @Nullable Runnable lent;
        private volatile boolean over;

        private Carrier(SequencedCoreContext core) {
            super(null, null, core.settings().name() + "-core-" + core.cpu(), 0, false);
            this.core = core;
            setDaemon(true);
            setContextClassLoader(ClassLoader.getSystemClassLoader());
        }

        static Carrier startOn(SequencedCoreContext core) {
            Carrier carrier = new Carrier(core);
            carrier.start();
            return carrier;
        }

        /** Sequencer: has a continuation run, and waits until it has suspended. */
        void lend(Runnable continuation) {
            lent = continuation;
            LockSupport.unpark(this);
            while (lent != null) {
                Thread.interrupted(); // a set interrupt status would make park return at once, for ever
                LockSupport.park(this);
            }
        }

        void end() {
            over = true;
            LockSupport.unpark(this);
        }

        @Override
        public CoreContext core() {
            return core;
        }

        @Override
        public CoreSettings settings() {
            return core.settings();
        }

        @Override
        public void run() {
            try {
                JdkThreads.widen();
                JdkThreads.primeTimer();
                core.settings().pinning().pinTo(core.mask());
            } catch (Throwable t) {
                // What it is lent never runs: on no CPU rather than on a wrong one. The CPU went away since the start.
                report("has no carrier, its tasks wait", t);
                while (!over) {
                    giveBack();
                    LockSupport.park(this);
                }
                return;
            }
            while (!over) {
                Runnable continuation = lent;
                if (continuation == null) {
                    Thread.interrupted();
                    LockSupport.park(this);
                    continue;
                }
                try {
                    continuation.run();
                } catch (Throwable t) {
                    report("a continuation threw; the carrier goes on", t);
                }
                giveBack();
            }
        }

        private void giveBack() {
            lent = null;
            LockSupport.unpark(lender);
        }

        private void report(String text, Throwable thrown) {
            FailureLog.error(SequencedBackend.class, core, text, thrown);
        }
    }
}
