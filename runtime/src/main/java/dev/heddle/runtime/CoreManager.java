package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.CloseReport.CoreOutcome;
import dev.heddle.runtime.HousekeepingReport.JvmThread;
import dev.heddle.runtime.internal.AllowedCpus;
import dev.heddle.runtime.internal.dispatch.CoreBackend;
import dev.heddle.runtime.internal.dispatch.CoreContext;
import dev.heddle.runtime.internal.dispatch.CoreSettings;
import dev.heddle.runtime.internal.dispatch.CoreThread;
import dev.heddle.runtime.internal.jdk.Housekeeping;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A set of CPU cores that run tasks: each on the core its author chose, or anywhere, spread by a scheduler.
 *
 * <pre>{@code
 * try (CoreManager cores = CoreManager.builder().cores(CpuSet.parse("0-3")).start()) {
 *     cores.on(3).start(() -> System.out.println("on " + ThreadAffinity.currentCpu())); // on 3
 *     cores.anywhere().start(() -> System.out.println("on one of them"));
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> All methods may be called from any thread. The manager's own threads are daemons: a program that does
 * not close its manager ends all the same, and its tasks with it, as with the JDK's own virtual threads. Each core has one
 * carrier, and more while tasks block theirs; one more thread, the monitor, watches over all of them.
 *
 * <p><b>Life.</b> A manager serves from {@link CoreManagerBuilder#start()} on. {@link #shutdown()} ends the admission of tasks; it
 * has terminated when its last task has ended; its carriers go when nothing is left to run on them. Virtual threads that
 * a task started by itself are not tasks of the manager: nothing waits for them, and those that outlive it still run on
 * their core.
 */
public final class CoreManager implements AutoCloseable {
    /** A carrier without work is gone in less than one; a second is for a machine that has no time for it. */
    private static final int CARRIER_GRACE_MILLIS = 1_000;

    /** A task whose future has just been got is about to end: such a one is no reason to refuse a resize. */
    private static final int ENDING_GRACE_MILLIS = 10;

    private final CoreSettings settings;
    private final String name;
    private final TaskMode mode;
    private final CoreBackend backend;
    private final TaskLauncher anywhere;
    private final ResizePolicy whenCpuGone;
    private final @Nullable Housekeeping housekeeping;
    private final ReentrantLock resizing = new ReentrantLock();

    /** Those that it serves now, by CPU number. Replaced as a whole. */
    private volatile Map<Integer, Core> cores = Map.of();

    /** Those that a resize has removed and whose tasks have not ended. Replaced as a whole. */
    private volatile List<Core> removed = List.of();

    private volatile boolean shutDown;

    CoreManager(
            CoreSettings settings,
            TaskMode mode,
            CoreBackend backend,
            ResizePolicy whenCpuGone,
            @Nullable CpuSet housekeeping) {
        this.housekeeping = housekeeping == null ? null : new Housekeeping(housekeeping, this::cores);
        this.whenCpuGone = whenCpuGone;
        this.settings = settings;
        this.name = settings.name();
        this.mode = mode;
        this.backend = backend;
        this.anywhere = new TaskLauncher.OfPlace(backend.anywhere());
    }

    /**
     * Returns a builder with the defaults: the CPUs that the environment variable {@value CoreManagerBuilder#CORES_VARIABLE} names, or
     * else those that the process may use; the name {@code heddle}; {@link IdleStrategy#spinThenPark()}; no limit on waiting
     * tasks; {@link TaskMode#AUTO}; a time slice of 10 ms; {@link HogPolicy#SHARE}.
     *
     * @return a builder
     */
    public static CoreManagerBuilder builder() {
        return new CoreManagerBuilder();
    }

    /**
     * Returns the core of a CPU.
     *
     * @param cpu the CPU's number
     * @return its core
     * @throws IllegalArgumentException if the manager has no such core
     */
    public Core on(int cpu) {
        Core core = cores.get(cpu);
        if (core == null) {
            throw new IllegalArgumentException(
                    "manager '" + name + "' has no core " + cpu + ", its cores are " + cores());
        }
        return core;
    }

    /**
     * Returns the place of tasks that do not care where they run. They are spread over the cores: a task that is started
     * by a task begins on the same core, unless another one has nothing to do and takes it; it may be on another core after
     * each suspension.
     *
     * @return the place
     */
    public TaskLauncher anywhere() {
        return anywhere;
    }

    /**
     * Returns the CPUs that this manager serves.
     *
     * @return their numbers
     */
    public CpuSet cores() {
        return cpusOf(cores);
    }

    private static CpuSet cpusOf(Map<Integer, Core> cores) {
        return CpuSet.of(cores.keySet().stream().mapToInt(Integer::intValue).toArray());
    }

    /**
     * Returns the core that the calling thread runs on: in a task of this manager, and, in virtual mode, in the virtual
     * threads that it started. For a task that is not pinned, the answer may be another one after its next suspension.
     *
     * @return the core, or nothing for any other thread; nothing, too, for a task on a core that a resize has removed, and, in
     *     platform mode, for one that runs anywhere
     */
    public Optional<Core> current() {
        CoreContext context = VirtualThreadHook.currentCarrier() instanceof CoreThread carrier ? carrier.core() : null;
        Core core = context == null ? null : cores.get(context.cpu());
        return core != null && core.context() == context ? Optional.of(core) : Optional.empty();
    }

    /**
     * Returns the name, which the names of the carriers begin with.
     *
     * @return the name
     */
    public String name() {
        return name;
    }

    /**
     * Returns as what tasks run.
     *
     * @return {@link TaskMode#VIRTUAL} or {@link TaskMode#PLATFORM}
     */
    public TaskMode mode() {
        return mode;
    }

    /**
     * Returns what each core has done so far.
     *
     * @return one entry for each core, in the order of their CPU numbers
     */
    public List<CoreStatistics> statistics() {
        return cores.values().stream().map(Core::statistics).toList();
    }

    /**
     * Returns what the cores are doing together.
     *
     * @return the numbers now
     */
    public SchedulerStatistics schedulerStatistics() {
        return backend.statistics();
    }

    /**
     * Returns what has become of the JVM's own threads, where {@link CoreManagerBuilder#housekeeping} was asked for.
     *
     * @return which were moved so far, or nothing
     */
    public Optional<HousekeepingReport> housekeeping() {
        return Optional.ofNullable(housekeeping).map(Housekeeping::report);
    }

    /**
     * Prints, until it is closed, a line in each interval: the time since it began, and {@link SchedulerStatistics#toLine()}.
     *
     * @param interval the time between two lines, more than 0
     * @param sink what takes each line, called by one thread of its own
     * @return what ends it
     * @throws IllegalArgumentException if the interval is not positive
     */
    public Schedtrace schedtrace(Duration interval, Consumer<String> sink) {
        return new Schedtrace(this, interval, sink);
    }

    /**
     * Changes the cores while everything runs, and removes none that has tasks: {@link ResizePolicy#REFUSE}.
     *
     * @param cpus the cores to serve from now on
     * @see #resize(CpuSet, ResizePolicy)
     */
    public void resize(CpuSet cpus) {
        resize(cpus, ResizePolicy.REFUSE);
    }

    /**
     * Changes the cores while everything runs. Returns when every new core has a carrier that is pinned to it. No task is
     * lost: those that run anywhere or prefer a core that goes are run by the cores that stay; what becomes of the tasks
     * of a core that goes is the caller's choice. A {@link Core} that was removed takes no more tasks.
     *
     * @param cpus the cores to serve from now on, at least one
     * @param policy what becomes of the tasks of those that go
     * @throws IllegalArgumentException if no core was chosen, or one that this process may not use. Nothing has changed
     * @throws IllegalStateException if the manager has been shut down, if a core that was to be added could not be pinned, or,
     *     with {@link ResizePolicy#REFUSE}, if one that was to go has tasks. Nothing has changed
     */
    public void resize(CpuSet cpus, ResizePolicy policy) {
        requireUsable(cpus);
        Objects.requireNonNull(policy, "policy");
        resizing.lock();
        try {
            requireOpen();
            List<Core> going = new ArrayList<>();
            Map<Integer, Core> next = new TreeMap<>(cores);
            next.values().removeIf(core -> !cpus.contains(core.cpu()) && going.add(core));
            Map<Integer, Core> added = startMissing(cpus, next);
            try {
                if (policy == ResizePolicy.REFUSE) {
                    suspend(going);
                }
            } catch (IllegalStateException hasTasks) {
                discard(added.values(), "the resize was refused");
                throw hasTasks;
            }
            next.putAll(added);
            replace(next, going, policy);
        } finally {
            resizing.unlock();
        }
    }

    private void requireOpen() {
        if (shutDown) {
            throw new IllegalStateException("the cores of manager '" + name + "' cannot change: it has been shut down");
        }
    }

    /** Holds up the admission of all of them, or of none if one has tasks. */
    private void suspend(List<Core> going) {
        for (int i = 0; i < going.size(); i++) {
            Core core = going.get(i);
            TaskPlace place = core.context().pinned();
            long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ENDING_GRACE_MILLIS);
            boolean suspended = place.suspendIfIdle(removedFrom());
            while (!suspended && System.nanoTime() < deadline) {
                Thread.yield();
                suspended = place.suspendIfIdle(removedFrom());
            }
            if (!suspended) {
                going.subList(0, i).forEach(each -> each.context().pinned().reopen());
                requireOpen(); // or it is that which has closed the place
                throw new IllegalStateException(core + " cannot be removed: "
                        + place.tasks().live()
                        + " of its tasks have not ended. Wait for them, or choose ResizePolicy.FAIL or MOVE");
            }
        }
    }

    private String removedFrom() {
        return "a resize has removed it";
    }

    private void replace(Map<Integer, Core> next, List<Core> going, ResizePolicy policy) {
        List<Core> stillRemoved = new ArrayList<>(removed);
        stillRemoved.removeIf(core -> core.context().pinned().tasks().isQuiescent()
                && core.context().preferred().tasks().isQuiescent());
        stillRemoved.addAll(going);
        removed = stillRemoved;
        cores = next;
        List<CoreContext> staying = next.values().stream().map(Core::context).toList();
        for (int i = 0; i < going.size(); i++) {
            Core core = going.get(i);
            closePlaces(core, removedFrom());
            backend.leave(core.context(), policy == ResizePolicy.MOVE ? staying.get(i % staying.size()) : null);
        }
        backend.setCores(staying); // after they have left: until then they count among those that can be woken
        if (policy == ResizePolicy.FAIL) {
            going.forEach(
                    core -> core.context().pinned().interruptAll()); // which runs code of others, and may take long
        }
        if (shutDown) {
            shutdown(); // it has come meanwhile, and did not know the new cores
        }
    }

    /**
     * Removes cores whose CPUs are not to be had any longer; all but the last ones, if that were all.
     *
     * @return those that the monitor told of and that were removed, or are all that there are; none if that has changed
     * @throws IllegalStateException if the policy does not let them go
     */
    CpuSet removeGone(CpuSet told, ResizePolicy policy) {
        resizing.lock();
        try {
            // Once more, for this may have waited behind another resize: some may be back, or be cores no longer.
            CpuSet gone = CpuSet.of(cores.values().stream()
                    .filter(core -> told.contains(core.cpu()) && core.context().isCpuGone())
                    .mapToInt(Core::cpu)
                    .toArray());
            if (shutDown) {
                return CpuSet.empty();
            }
            if (!gone.isEmpty() && !gone.equals(cores())) {
                resize(cores().minus(gone), policy);
            }
            return gone;
        } finally {
            resizing.unlock();
        }
    }

    /** Starts a core for each CPU that is not among those present, and returns them; or throws, and has started none. */
    private Map<Integer, Core> startMissing(CpuSet cpus, Map<Integer, Core> present) {
        Map<Integer, Core> missing = new TreeMap<>();
        for (int cpu : cpus) {
            if (!present.containsKey(cpu)) {
                missing.put(cpu, new Core(backend.newCore(cpu)));
            }
        }
        Throwable failure = missing.isEmpty() ? null : tryStart(missing.values());
        if (failure != null) {
            discard(missing.values(), "it could not be started");
            throw new IllegalStateException(
                    "manager '" + name + "' could not be started on cores " + cpusOf(missing) + ": "
                            + failure.getMessage(),
                    failure);
        }
        return missing;
    }

    /** Ends cores that have never been among the manager's. */
    private void discard(Collection<Core> started, String because) {
        for (Core core : started) {
            closePlaces(core, because);
            backend.leave(core.context(), null);
        }
        awaitCarriersGone(started);
    }

    void startWith(CpuSet cpus) {
        Map<Integer, Core> first = startMissing(cpus, Map.of());
        cores = first;
        backend.setCores(first.values().stream().map(Core::context).toList());
        try {
            JdkThreads.callUnpinned(name + "-starter", () -> {
                backend.startMonitor(new GoneCpus(this, whenCpuGone)::tell, housekeeping);
                if (housekeeping != null) {
                    housekeeping.look();
                    housekeeping.report().notMoved().forEach(this::reportNotMoved);
                }
                return true;
            });
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "what watches over manager '" + name + "' could not be started: " + e.getMessage(), e);
        }
    }

    private void reportNotMoved(JvmThread thread) {
        System.getLogger(CoreManager.class.getName())
                .log(
                        Level.WARNING,
                        "thread " + thread.threadId() + " (" + thread.name()
                                + ") of the JVM may run on the cores of manager '" + name + "': " + thread.problem());
    }

    private static void awaitCarriersGone(Collection<Core> cores) {
        long grace = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CARRIER_GRACE_MILLIS);
        try {
            for (Core core : cores) {
                core.context().awaitCarriersGone(grace - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns what stood in the way, or null if all of them serve. */
    private @Nullable Throwable tryStart(Collection<Core> missing) {
        try {
            JdkThreads.callUnpinned(name + "-starter", () -> {
                JdkThreads.prime();
                missing.forEach(core -> core.context().start());
                return true;
            });
        } catch (ExecutionException e) {
            return e.getCause() == null ? e : e.getCause();
        }
        Throwable failure = null;
        for (Core core : missing) {
            Throwable stoodInTheWay = core.context().awaitStarted(); // of all, so that none starts after the close
            failure = failure == null ? stoodInTheWay : failure;
        }
        return failure;
    }

    static void requireUsable(CpuSet cpus) {
        if (cpus.isEmpty()) {
            throw new IllegalArgumentException(
                    "a manager needs at least one core, none was chosen: this process may use "
                            + AllowedCpus.choosable());
        }
        AllowedCpus.requireAllowed(cpus);
    }

    /** Ends the admission of tasks, on every core. Those that were admitted go on. Does not wait. */
    public void shutdown() {
        String because = "manager '" + name + "' has been shut down";
        shutDown = true; // before the look at the cores: pairs with the look of a resize after it has replaced them
        for (Core core : cores.values()) {
            closePlaces(core, because);
        }
        backend.anywhere().close(because);
    }

    private static void closePlaces(Core core, String because) {
        core.context().pinned().close(because);
        core.context().preferred().close(because);
    }

    /** Ends the admission of tasks and interrupts every live one, those too that have yet to begin. Does not wait. */
    public void shutdownNow() {
        shutdown();
        places().forEach(TaskPlace::interruptAll);
    }

    /**
     * Tells whether admission has ended.
     *
     * @return whether it has
     */
    public boolean isShutdown() {
        return shutDown;
    }

    /**
     * Tells whether, after a shutdown, all tasks have ended.
     *
     * @return whether they have
     */
    public boolean isTerminated() {
        // If the number has changed, a task of one place may have started a factory's thread in one that was passed.
        List<TaskPlace> all = places();
        long entered = entered(all);
        return all.stream().allMatch(place -> place.tasks().isQuiescent()) && entered(all) == entered;
    }

    private static long entered(List<TaskPlace> places) {
        return places.stream().mapToLong(place -> place.tasks().entered()).sum();
    }

    /** All that may have tasks. */
    private List<TaskPlace> places() {
        List<TaskPlace> places = new ArrayList<>();
        for (Core core : allCores()) {
            places.add(core.context().pinned());
            places.add(core.context().preferred());
        }
        places.add(backend.anywhere());
        return places;
    }

    private List<Core> allCores() {
        List<Core> all = new ArrayList<>(removed); // first: a core that goes is in both for a moment, not in neither
        all.addAll(cores.values());
        return all;
    }

    /**
     * Waits until, after a shutdown, all tasks have ended, and then for the carriers to be gone. A carrier goes at once
     * when nothing is left to run on it; where virtual threads that tasks started by themselves keep it, this returns
     * after {@value #CARRIER_GRACE_MILLIS} milliseconds, and it goes when they let it.
     *
     * @param timeout how long to wait at most
     * @return whether it has terminated
     * @throws InterruptedException if the caller is interrupted while it waits
     */
    public boolean awaitTermination(Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + SaturatedNanos.of(Objects.requireNonNull(timeout, "timeout"));
        do {
            for (TaskPlace place : places()) {
                if (!place.tasks().await(deadline - System.nanoTime())) {
                    return false;
                }
            }
        } while (!isTerminated());
        long grace = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CARRIER_GRACE_MILLIS);
        for (Core core : allCores()) {
            core.context().awaitCarriersGone(Math.min(deadline, grace) - System.nanoTime());
        }
        backend.awaitMonitorGone(Math.min(deadline, grace) - System.nanoTime());
        if (housekeeping != null) {
            housekeeping.undo();
        }
        return true;
    }

    /**
     * Ends the admission of tasks, waits for those that were admitted, and ends the carriers. If the caller is interrupted
     * while it waits, every live task is interrupted, the wait goes on, and the caller's interrupt status is set when this
     * returns.
     *
     * @throws IllegalStateException if the caller is a task of this manager, which would wait for itself
     */
    @Override
    public void close() {
        requireOutside("close()");
        shutdown();
        boolean interrupted = false;
        boolean terminated = false;
        while (!terminated) {
            try {
                terminated = awaitTermination(Duration.ofDays(1));
            } catch (InterruptedException e) {
                interrupted = true;
                shutdownNow();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Ends the admission of tasks, lets those that were admitted end for a while, interrupts the others, and waits for
     * them for another while.
     *
     * @param drain how long tasks may take to end by themselves
     * @param cancel how long those that were interrupted may take after that
     * @return what became of the tasks. If some remain, their cores serve them until they end
     * @throws InterruptedException if the caller is interrupted while it waits; the tasks are left as they are
     * @throws IllegalStateException if the caller is a task of this manager, which would wait for itself
     */
    public CloseReport closeWithin(Duration drain, Duration cancel) throws InterruptedException {
        requireOutside("closeWithin()");
        Objects.requireNonNull(drain, "drain");
        Objects.requireNonNull(cancel, "cancel");
        Map<TaskPlace, Long> goneAtFirst = gone(); // before the shutdown: a task may wait for that and end
        shutdown();
        awaitTermination(drain);
        Map<TaskPlace, Long> goneAfterDrain = gone();
        if (places().stream().anyMatch(place -> place.tasks().live() > 0)) {
            shutdownNow();
            awaitTermination(cancel);
        }
        Map<TaskPlace, Integer> cpus = new HashMap<>();
        cores.values().forEach(core -> cpus.put(core.context().pinned(), core.cpu()));
        Map<Integer, CoreOutcome> outcomes = new TreeMap<>();
        gone().forEach((place, last) -> {
            int cpu = cpus.getOrDefault(place, CoreOutcome.NO_CORE);
            long middle = goneAfterDrain.getOrDefault(place, 0L); // none yet of a core that a resize was just adding
            long drained = middle - goneAtFirst.getOrDefault(place, 0L);
            long remaining = place.tasks().entered() - last;
            outcomes.merge(cpu, new CoreOutcome(cpu, drained, last - middle, remaining), CoreOutcome::plus);
        });
        CoreOutcome elsewhere = Objects.requireNonNull(outcomes.remove(CoreOutcome.NO_CORE));
        return new CloseReport(List.copyOf(outcomes.values()), elsewhere);
    }

    /** How many tasks of each place have ended. */
    private Map<TaskPlace, Long> gone() {
        Map<TaskPlace, Long> gone = new HashMap<>();
        places().forEach(place -> gone.put(place, place.tasks().gone()));
        return gone;
    }

    @SuppressWarnings("ReferenceEquality") // two managers may be told the same
    private void requireOutside(String method) {
        // Not current(): a task may be on none of the present cores.
        if (VirtualThreadHook.currentCarrier() instanceof CoreThread carrier && carrier.settings() == settings) {
            throw new IllegalStateException(method + " was called by a task of manager '" + name
                    + "', which would wait for itself: call shutdown() there, and close from outside");
        }
    }

    @Override
    public String toString() {
        return "CoreManager '" + name + "' on cores " + cores() + ", " + mode;
    }
}
