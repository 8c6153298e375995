package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.internal.jdk.Housekeeping;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * The thread that looks after the cores: hands over those whose carrier sleeps in the kernel, reports tasks that compute for
 * longer than a time slice, and sees to it that nothing waits beside a core that rests. Go's {@code sysmon}. It is not pinned.
 */
final class Monitor {
    /*
     * A round looks at every core that is awake. A carrier that is in the same task as at the last look, and of which the
     * kernel says that it sleeps, is blocked: what waits for its core waits for something that the scheduler knows nothing
     * of. One that is in the same task for a time slice, and runs, is a hog. So a blocked carrier is found after one to two
     * rounds, and the round is a third of the millisecond that what waits behind it may lose. Where none was found for a
     * second the rounds are four times as long: each interrupts whoever has the CPU, and in a virtual machine its timer is
     * the hypervisor's.
     *
     * When no core has run anything for some milliseconds and all rest, the monitor sleeps until a sender finds a core at rest or has
     * sent something from outside (noticeWork), and once in a second looks at the pins: an idle program wakes for microseconds
     * in a second. While cores spin for work and run nothing, naps of 10 ms stand between a few rounds.
     *
     * A carrier sleeps, too, while it waits for a garbage collection, and the monitor, which the collection stops as well, would
     * find it so at the looks before and after. So a round that comes late takes nobody for blocked, unless that has lasted
     * for a time slice: on a machine that is overloaded every round is late.
     *
     * The slice of a hog is counted in time on the CPU, as the kernel counts it: a pause of the whole JVM, or a CPU that other
     * programs want too, makes nobody a hog, and a monitor that comes late because of them is no less exact.
     */
    private static final long ROUND_NANOS = 300_000;
    private static final long LONG_ROUND_NANOS = 4 * ROUND_NANOS;
    private static final long QUIET_NANOS = 1_000_000_000;

    /** A round that comes so much later than it was to come is late. */
    private static final long LATE_NANOS = 3 * ROUND_NANOS;

    /** Rounds of so long together in which no core has run anything: then it sleeps, or naps. */
    private static final long IDLE_NANOS = 16 * ROUND_NANOS;

    /** While cores are awake and run nothing, because they spin for work. */
    private static final long NAP_NANOS = 10_000_000;

    /** A look at every thread of the process takes some microseconds for each. */
    private static final long HOUSEKEEPING_NANOS = 1_000_000_000;

    /** Carriers of one core that may be with hogs at the same time: more would only take turns with each other. */
    private static final int MOST_SHARING = 8;

    /** From a task that has been on the CPU for so long the sockets are taken away that its core would ask for between tasks. */
    private static final long SOCKETS_NANOS = 2 * ROUND_NANOS;

    private static final int REPORTS_PER_MINUTE = 5;

    /** Reports that may wait to be logged. */
    private static final int MOST_REPORTS = 64;

    private static final long REPORTER_AGE_SECONDS = 10;

    /** In place of a CPU's number, for what concerns none. */
    private static final int NO_CPU = -1;

    private static final int STACK_DEPTH = 16;

    private final Scheduler scheduler;
    private final Map<VirtualCoreContext, Watch> watches = new HashMap<>();
    private final Map<Integer, Reports> reports = new HashMap<>();
    private final Thread thread;

    /**
     * A thread that logs, while there is something to be logged. A log may take long, the first line of a process for the loading of its
     * classes, and another one for a pipe that nobody reads: the monitor goes on meanwhile. What there is no room for is left out.
     */
    private final ThreadPoolExecutor reporter;

    private volatile PinWatch pins;

    private volatile boolean pinsInDoubt;

    /** Written before the thread is started. */
    private @Nullable Housekeeping housekeeping;

    private long lastHousekeeping;

    /** When a blocked carrier was found last that something waited for, or the monitor began. */
    private long lastBlocked;

    /** It sleeps until somebody wakes it. */
    private volatile boolean asleep;

    /** What the monitor knows of one core. */
    private static final class Watch {
        long lease;
        long dispatches = -1;
        /** On the clock, and on the CPU's own, when the monitor first saw the present task. */
        long since;

        long cpuSince;
        long slices = -1;
        long sliceSince;
        boolean isReported;
    }

    /** How often something was logged of one CPU in one minute. */
    private static final class Reports {
        long minute;
        int count;
    }

    Monitor(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.pins = new PinWatch(scheduler, cpus -> {}, (cpu, text) -> {});
        this.thread = threads("-monitor").unstarted(this::run);
        this.reporter = new ThreadPoolExecutor(
                1,
                1,
                REPORTER_AGE_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MOST_REPORTS),
                threads("-reporter").factory(),
                new ThreadPoolExecutor.DiscardPolicy());
        reporter.allowCoreThreadTimeOut(true);
    }

    private Thread.Builder.OfPlatform threads(String name) {
        return Thread.ofPlatform()
                .name(scheduler.settings().name() + name)
                .daemon()
                .inheritInheritableThreadLocals(false);
    }

    /** Starts the thread. See {@link CoreBackend#startMonitor}. */
    void start(Consumer<CpuSet> cpusGone, @Nullable Housekeeping housekeeping) {
        this.housekeeping = housekeeping;
        pins = new PinWatch(scheduler, cpusGone, this::reportPin);
        thread.start();
    }

    /** A pin may be lost. From any thread. */
    void lookAtPins() {
        pinsInDoubt = true;
        noticeWork();
    }

    long pinsLost() {
        return pins.lost();
    }

    long pinsRestored() {
        return pins.restored();
    }

    /** Everything has ended: the monitor finds it so. From any thread. */
    void end() {
        LockSupport.unpark(thread);
    }

    void awaitGone(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        if (nanos > 0) {
            thread.join(TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
        }
        reporter.shutdown(); // it has been, or the monitor was never started
        reporter.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    /** A core's rest has ended, or something has come from outside. From any thread. */
    void noticeWork() {
        if (asleep) {
            asleep = false;
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        JdkThreads.widen();
        if (housekeeping != null) {
            housekeeping.join();
        }
        long idle = 0;
        long due = System.nanoTime();
        lastBlocked = due;
        while (!scheduler.hasEnded()) {
            try {
                long now = System.nanoTime();
                lookAtPins(now);
                keepHouse(now);
                boolean late = now - due > LATE_NANOS;
                due = now + ROUND_NANOS; // should this round fail
                boolean busy = round(now, late);
                long pause = now - lastBlocked < QUIET_NANOS ? ROUND_NANOS : LONG_ROUND_NANOS;
                due = now + pause;
                idle = busy ? 0 : idle + pause;
                if (idle < IDLE_NANOS) {
                    LockSupport.parkNanos(this, pause);
                } else {
                    sleep();
                    idle = 0;
                }
            } catch (Throwable t) {
                reportFailure(t);
                LockSupport.parkNanos(this, ROUND_NANOS);
            }
        }
        // Virtual threads may outlive the manager, and hold a core up. Pairs with
        // SpinningOwner.letGoOfSocketsAtTheEnd().
        for (VirtualCoreContext core : scheduler.allCores()) {
            core.runSockets();
        }
        reporter.shutdown();
    }

    /** The JVM starts compilers and collectors as it needs them, and a pool its workers. */
    private void keepHouse(long now) {
        if (housekeeping != null && now - lastHousekeeping >= HOUSEKEEPING_NANOS) {
            lastHousekeeping = now;
            housekeeping.look();
        }
    }

    /** What fails here, for want of memory, is no reason to leave out a round. */
    private void lookAtPins(long now) {
        try {
            if (pinsInDoubt) {
                pinsInDoubt = false;
                pins.lookAtAll(now);
            } else {
                pins.lookInTurn(now);
            }
        } catch (Throwable t) {
            reportFailure(t);
        }
    }

    private void sleep() {
        pins.lookAtAllIfDue(System.nanoTime());
        asleep = true; // 1. announce
        // 2. look again. Pairs with noticeWork(), which follows what this looks for: the end of a core's rest, the
        // beginning of one that has found no carrier, the doubt of a pin.
        if (pinsInDoubt || anyNeedsLook()) {
            LockSupport.parkNanos(this, NAP_NANOS);
        } else {
            watches.clear();
            while (asleep && !scheduler.hasEnded()) {
                LockSupport.parkNanos(this, PinWatch.IDLE_LOOK_NANOS);
                if (asleep) { // and not just woken for work, which is not to wait for this
                    pins.lookAtAll(System.nanoTime());
                }
            }
        }
        asleep = false;
    }

    private boolean anyNeedsLook() {
        for (VirtualCoreContext core : scheduler.allCores()) {
            if (!core.isResting() || core.queues().hasWaiting()) {
                return true;
            }
        }
        return false;
    }

    private boolean round(long now, boolean late) {
        boolean busy = false;
        VirtualCoreContext[] cores = scheduler.allCores();
        if (watches.size() > cores.length) {
            watches.keySet().retainAll(Set.of(cores));
        }
        for (VirtualCoreContext core : cores) {
            try {
                busy |= look(core, watches.computeIfAbsent(core, each -> new Watch()), now, late);
            } catch (Throwable t) {
                reportFailure(t); // and the others are looked at all the same
            }
        }
        if (scheduler.hasWork()) {
            scheduler.wakeOne(); // for a sender that was cut short after it had sent
            busy = true;
        }
        return busy;
    }

    /** Returns whether the core runs a task, has run one since the last look, or should. */
    private boolean look(VirtualCoreContext core, Watch watch, long now, boolean late) {
        // In this order: a core that runs a task, and has dispatched none since the last look, ran this one then.
        long lease = core.lease().number();
        CarrierThread carrier = core.carrier();
        boolean isRunning =
                carrier != null && carrier.lease() == lease && carrier.holder().isRunning();
        long dispatches = core.counters().dispatches();
        long rest = core.rest();
        boolean isResting = rest != OwnerState.AWAKE;
        if (isResting || lease != watch.lease || dispatches != watch.dispatches) {
            boolean hasRun = dispatches != watch.dispatches && watch.dispatches >= 0;
            watch.lease = lease;
            watch.dispatches = dispatches;
            watch.since = now;
            watch.cpuSince = -1;
            watch.isReported = false;
            lookAtSlice(core, watch, now);
            if (isResting && core.queues().hasWaiting()) {
                core.takeSockets();
                core.seatLate(rest, now); // there was no carrier for it, or its sender was cut short
                return true;
            }
            return hasRun || (isRunning && !isResting);
        }
        if (carrier == null || carrier.lease() != lease) {
            return true; // it changes hands just now
        }
        if (!isRunning) {
            return false; // its task has just woken another one, and goes on; or it looks for work
        }
        if (watch.cpuSince < 0) {
            computedSince(watch, carrier.kernelId());
        }
        boolean something = core.isWaitedFor();
        if (core.queues().markNextAsLate()) {
            scheduler.wakeOne(); // it waits for a task that goes on and on, and another core may have it
        }
        if (something && core.hasMoved()) {
            core.handOver(carrier, lease); // to nobody: nothing runs beside this task
            return true;
        }
        boolean forASlice = now - watch.since >= scheduler.settings().sliceNanos();
        if (isAsleep(carrier.kernelId())) {
            if (!late || forASlice) {
                core.takeSockets();
                if (something && !core.isExclusive()) {
                    lastBlocked = now;
                    core.handOver(carrier, lease);
                }
            }
            return true;
        }
        if (core.asksForSockets() && computedSince(watch, carrier.kernelId()) >= SOCKETS_NANOS) {
            core.takeSockets();
        }
        if (forASlice
                && computedSince(watch, carrier.kernelId())
                        >= scheduler.settings().sliceNanos()) {
            if (!watch.isReported) {
                watch.isReported = true;
                try {
                    reportHog(core, watch, carrier, now - watch.since);
                } finally {
                    core.counters().countHog(); // after the report: who sees the count finds that too
                }
            }
            int withHogs = core.carrierCount() - core.spareCount() - 1;
            if (something && scheduler.settings().shareWithHogs() && !core.isExclusive() && withHogs < MOST_SHARING) {
                core.handOver(carrier, lease);
            }
        }
        return true;
    }

    /** Tasks that wake each other inherit one time slice: when it is over, the others are first once. */
    private void lookAtSlice(VirtualCoreContext core, Watch watch, long now) {
        long slices = core.counters().slices();
        if (slices != watch.slices) {
            watch.slices = slices;
            watch.sliceSince = now;
        } else if (now - watch.sliceSince >= scheduler.settings().sliceNanos()) {
            core.queues().endSlice();
            watch.sliceSince = now;
        }
    }

    /** Whether the kernel says that the thread sleeps (S) or waits for a disk (D). False if it does not say. */
    private static boolean isAsleep(int kernelId) {
        try {
            String stat = Files.readString(taskFile(kernelId, "stat"), StandardCharsets.ISO_8859_1);
            char state = stat.charAt(stat.lastIndexOf(')') + 2); // the name before it may hold anything
            return state == 'S' || state == 'D';
        } catch (IOException | RuntimeException hidden) {
            return false;
        }
    }

    /** How long the carrier has been on its CPU since the monitor first saw the present task; very long if nobody says. */
    private static long computedSince(Watch watch, int kernelId) {
        try {
            String schedstat = Files.readString(taskFile(kernelId, "schedstat"), StandardCharsets.ISO_8859_1);
            long onCpu = Long.parseLong(schedstat, 0, schedstat.indexOf(' '), 10);
            if (watch.cpuSince < 0) {
                watch.cpuSince = onCpu;
            }
            return onCpu - watch.cpuSince;
        } catch (IOException | RuntimeException notCounted) {
            return Long.MAX_VALUE;
        }
    }

    private static Path taskFile(int kernelId, String name) {
        return Path.of("/proc/self/task/" + kernelId + "/" + name);
    }

    private void reportHog(VirtualCoreContext core, Watch watch, CarrierThread carrier, long nanos) {
        Runnable continuation = carrier.running();
        Thread task = continuation == null ? null : VirtualThreadHook.threadOf(continuation);
        String name = String.valueOf(task);
        StackTraceElement[] stack = task == null ? new StackTraceElement[0] : task.getStackTrace();
        if (core.lease().number() != watch.lease || core.counters().dispatches() != watch.dispatches) {
            return; // it has ended meanwhile, and the stack may be another's
        }
        // Where nothing is recorded it would be loaded now: a tenth of a second in which nothing is handed over.
        if (FlightRecorder.isInitialized()) {
            LongTaskEvent.commit(core.cpu(), name, nanos, stack);
        }
        if (mayReport(core.cpu())) {
            reporter.execute(() -> FailureLog.warning(Monitor.class, () -> describe(core, name, nanos, stack)));
        }
    }

    /** Throws nothing: the monitor goes on. */
    private void reportFailure(Throwable failure) {
        try {
            if (mayReport(NO_CPU)) {
                reporter.execute(
                        () -> FailureLog.error(Monitor.class, thread.getName(), "goes on after a failure", failure));
            }
        } catch (Throwable outOfMemory) {
            // There is nothing left to say it with.
        }
    }

    private void reportPin(int cpu, String text) {
        if (mayReport(cpu)) {
            reporter.execute(() -> FailureLog.warning(Monitor.class, () -> text));
        }
    }

    /** Whether this report is among the first few of the minute. */
    private boolean mayReport(int cpu) {
        long minute = TimeUnit.NANOSECONDS.toMinutes(System.nanoTime());
        Reports logged = reports.computeIfAbsent(cpu, each -> new Reports());
        if (minute != logged.minute) {
            logged.minute = minute;
            logged.count = 0;
        }
        return logged.count++ < REPORTS_PER_MINUTE;
    }

    private static String describe(VirtualCoreContext core, String task, long nanos, StackTraceElement[] stack) {
        StringBuilder text = new StringBuilder()
                .append(core)
                .append(" has run one task for ")
                .append(TimeUnit.NANOSECONDS.toMillis(nanos))
                .append(" ms without a suspension: ")
                .append(task);
        for (int i = 0; i < Math.min(stack.length, STACK_DEPTH); i++) {
            text.append("\n\tat ").append(stack[i]);
        }
        return text.toString();
    }
}
