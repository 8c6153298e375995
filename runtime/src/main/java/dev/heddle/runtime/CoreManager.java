package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CloseReport.CoreOutcome;
import dev.heddle.runtime.internal.AllowedCpus;
import dev.heddle.runtime.internal.dispatch.CarrierThread;
import dev.heddle.runtime.internal.dispatch.CoreContext;
import dev.heddle.runtime.internal.dispatch.CoreSettings;
import dev.heddle.runtime.internal.dispatch.PlatformCoreContext;
import dev.heddle.runtime.internal.dispatch.PlatformCoreContext.TaskThread;
import dev.heddle.runtime.internal.dispatch.VirtualCoreContext;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import dev.heddle.runtime.internal.task.Admission;
import java.lang.System.Logger.Level;
import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A set of CPU cores that run tasks, each task on the core its author chose.
 *
 * <pre>{@code
 * try (CoreManager cores = CoreManager.builder().cores(CpuSet.parse("0-3")).start()) {
 *     cores.on(3).start(() -> System.out.println("on " + ThreadAffinity.currentCpu())); // on 3
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> All methods may be called from any thread. The manager's own threads are daemons: a program that does
 * not close its manager ends all the same, and its tasks with it, as with the JDK's own virtual threads.
 *
 * <p><b>Life.</b> A manager serves from {@link Builder#start()} on. {@link #shutdown()} ends the admission of tasks; it
 * has terminated when its last task has ended; its carriers go when nothing is left to run on them. Virtual threads that
 * a task started by itself are not tasks of the manager: nothing waits for them, and those that outlive it still run on
 * their core.
 */
public final class CoreManager implements AutoCloseable {
    /** A carrier without work is gone in less than one; a second is for a machine that has no time for it. */
    private static final int CARRIER_GRACE_MILLIS = 1_000;

    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private final String name;
    private final TaskMode mode;
    private final CpuSet cpus;
    private final Map<Integer, Core> cores;

    private CoreManager(String name, TaskMode mode, CpuSet cpus, Map<Integer, Core> cores) {
        this.name = name;
        this.mode = mode;
        this.cpus = cpus;
        this.cores = cores;
    }

    /**
     * Returns a builder with the defaults: the CPUs that the process may use, the name {@code heddle}, {@link
     * IdleStrategy#spinThenPark()}, no limit on waiting tasks, {@link TaskMode#AUTO}.
     *
     * @return a builder
     */
    public static Builder builder() {
        return new Builder();
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
            throw new IllegalArgumentException("manager '" + name + "' has no core " + cpu + ", its cores are " + cpus);
        }
        return core;
    }

    /**
     * Returns the CPUs that this manager serves.
     *
     * @return their numbers
     */
    public CpuSet cores() {
        return cpus;
    }

    /**
     * Returns the core that the calling thread runs on: in a task of this manager, and, in virtual mode, in the virtual
     * threads that it started.
     *
     * @return the core, or nothing for any other thread
     */
    public Optional<Core> current() {
        Thread carrier = VirtualThreadHook.currentCarrier();
        CoreContext context;
        if (carrier instanceof CarrierThread thread) {
            context = thread.core();
        } else if (carrier instanceof TaskThread thread) {
            context = thread.core();
        } else {
            return Optional.empty();
        }
        Core core = cores.get(context.cpu());
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

    /** Ends the admission of tasks, on every core. Those that were admitted go on. Does not wait. */
    public void shutdown() {
        for (Core core : cores.values()) {
            core.context().close();
        }
    }

    /** Ends the admission of tasks and interrupts every live one, those too that have yet to begin. Does not wait. */
    public void shutdownNow() {
        shutdown();
        for (Core core : cores.values()) {
            core.context().interruptAll();
        }
    }

    /**
     * Tells whether admission has ended.
     *
     * @return whether it has
     */
    public boolean isShutdown() {
        return cores.values().stream().allMatch(core -> core.context().tasks().isClosed());
    }

    /**
     * Tells whether, after a shutdown, all tasks have ended.
     *
     * @return whether they have
     */
    public boolean isTerminated() {
        return cores.values().stream().allMatch(core -> core.context().tasks().hasBeenQuiescent());
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
        for (Core core : cores.values()) {
            if (!core.context().tasks().await(deadline - System.nanoTime())) {
                return false;
            }
        }
        long grace = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CARRIER_GRACE_MILLIS);
        for (Core core : cores.values()) {
            core.context().awaitCarrierGone(Math.min(deadline, grace) - System.nanoTime());
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
     * @return what became of the tasks of each core. If some remain, their cores serve them until they end
     * @throws InterruptedException if the caller is interrupted while it waits; the tasks are left as they are
     * @throws IllegalStateException if the caller is a task of this manager, which would wait for itself
     */
    public CloseReport closeWithin(Duration drain, Duration cancel) throws InterruptedException {
        requireOutside("closeWithin()");
        Objects.requireNonNull(drain, "drain");
        Objects.requireNonNull(cancel, "cancel");
        shutdown();
        Map<Integer, Long> liveAtFirst = live();
        awaitTermination(drain);
        Map<Integer, Long> liveAfterDrain = live();
        if (liveAfterDrain.values().stream().anyMatch(tasks -> tasks > 0)) {
            shutdownNow();
            awaitTermination(cancel);
        }
        Map<Integer, Long> liveAtLast = live();
        List<CoreOutcome> outcomes = new ArrayList<>();
        for (int cpu : cpus) {
            long first = liveAtFirst.getOrDefault(cpu, 0L);
            long middle = liveAfterDrain.getOrDefault(cpu, 0L);
            long last = liveAtLast.getOrDefault(cpu, 0L);
            outcomes.add(new CoreOutcome(cpu, Math.max(0, first - middle), Math.max(0, middle - last), last));
        }
        return new CloseReport(outcomes);
    }

    private Map<Integer, Long> live() {
        Map<Integer, Long> live = new TreeMap<>();
        cores.forEach((cpu, core) -> live.put(cpu, core.context().tasks().live()));
        return live;
    }

    private void requireOutside(String method) {
        Optional<Core> inside = current();
        if (inside.isPresent()) {
            throw new IllegalStateException(method + " was called by a task on " + inside.get()
                    + ", which would wait for itself: call shutdown() there, and close from outside");
        }
    }

    @Override
    public String toString() {
        return "CoreManager '" + name + "' on cores " + cpus + ", " + mode;
    }

    /** Collects what a manager is made with. Not for use by several threads at once. */
    public static final class Builder {
        private @Nullable CpuSet cpus;
        private String name = "heddle";
        private IdleStrategy idleStrategy = IdleStrategy.spinThenPark();
        private int capacity = Admission.UNBOUNDED;
        private OverflowPolicy overflow = OverflowPolicy.BLOCK;
        private TaskMode mode = TaskMode.AUTO;
        private @Nullable UncaughtExceptionHandler uncaughtExceptionHandler;
        private CoreSettings.Pinning pinning = Builder::pin;

        private Builder() {}

        /**
         * Chooses the cores. By default, those that the process may use.
         *
         * @param cpus CPU numbers, at least one
         * @return this builder
         */
        public Builder cores(CpuSet cpus) {
            this.cpus = Objects.requireNonNull(cpus, "cpus");
            return this;
        }

        /**
         * Names the manager. Carriers are called {@code NAME-core-CPU}.
         *
         * @param name the name
         * @return this builder
         */
        public Builder name(String name) {
            this.name = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * Chooses what a carrier does without work. By default, {@link IdleStrategy#spinThenPark()}.
         *
         * @param idleStrategy the strategy
         * @return this builder
         */
        public Builder idleStrategy(IdleStrategy idleStrategy) {
            this.idleStrategy = Objects.requireNonNull(idleStrategy, "idleStrategy");
            return this;
        }

        /**
         * Limits how many tasks may wait to start on each core. What runs or is suspended does not count, and a resumption
         * is never held up. By default, there is no limit.
         *
         * @param tasks the limit, at least 1
         * @return this builder
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder capacity(int tasks) {
            if (tasks < 1) {
                throw new IllegalArgumentException("a core needs room for at least 1 waiting task, not " + tasks);
            }
            this.capacity = tasks;
            return this;
        }

        /**
         * Chooses what the sender of a task meets beyond the capacity. By default, {@link OverflowPolicy#BLOCK}.
         *
         * @param overflow the policy
         * @return this builder
         */
        public Builder overflow(OverflowPolicy overflow) {
            this.overflow = Objects.requireNonNull(overflow, "overflow");
            return this;
        }

        /**
         * Sets the handler of what tasks throw and do not catch: every task's thread has it. By default, the JDK's
         * applies. What the handler itself throws is logged.
         *
         * @param handler called on the task's thread
         * @return this builder
         */
        public Builder uncaughtExceptionHandler(UncaughtExceptionHandler handler) {
            this.uncaughtExceptionHandler = Objects.requireNonNull(handler, "handler");
            return this;
        }

        /**
         * Chooses as what tasks run. By default, {@link TaskMode#AUTO}.
         *
         * @param mode the mode
         * @return this builder
         */
        public Builder mode(TaskMode mode) {
            this.mode = Objects.requireNonNull(mode, "mode");
            return this;
        }

        /** Another way to pin: for tests of its failure, and for the benchmarks' baseline without pins. */
        Builder pinning(CoreSettings.Pinning pinning) {
            this.pinning = pinning;
            return this;
        }

        /**
         * Starts the manager: returns when every core has a carrier that is pinned to it, and that was verified.
         *
         * @return the manager, serving
         * @throws IllegalArgumentException if no core was chosen, or one that this process may not use, with those that it
         *     may in the message. Nothing was started
         * @throws IllegalStateException if {@link TaskMode#VIRTUAL} was asked for and the JDK's hook is closed, with the
         *     flag to add in the message; or if a core could not be pinned. Whatever had been started has ended
         * @throws UnsupportedOperationException where threads cannot be pinned: not Linux, or an old C library
         * @throws IllegalCallerException if the JVM denies native access, with the flag to add in the message
         */
        public CoreManager start() {
            CpuSet chosen = cpus == null ? AllowedCpus.ofProcess() : cpus;
            if (chosen.isEmpty()) {
                throw new IllegalArgumentException(
                        "a manager needs at least one core, none was chosen: this process may use "
                                + AllowedCpus.choosable());
            }
            AllowedCpus.requireAllowed(chosen);
            TaskMode resolved = resolveMode();
            CoreSettings settings = new CoreSettings(
                    name, idleStrategy.spinNanos(), capacity, overflow, uncaughtExceptionHandler, pinning);
            Map<Integer, Core> cores = new TreeMap<>();
            for (int cpu : chosen) {
                cores.put(
                        cpu,
                        new Core(
                                resolved == TaskMode.VIRTUAL
                                        ? new VirtualCoreContext(settings, cpu)
                                        : new PlatformCoreContext(settings, cpu)));
            }
            CoreManager manager = new CoreManager(name, resolved, chosen, cores);
            startCores(manager);
            return manager;
        }

        private TaskMode resolveMode() {
            if (mode == TaskMode.PLATFORM) {
                return TaskMode.PLATFORM;
            }
            String obstacle = VirtualThreadHook.obstacle();
            if (obstacle == null) {
                return TaskMode.VIRTUAL;
            }
            if (mode == TaskMode.VIRTUAL) {
                throw new IllegalStateException("tasks cannot run as virtual threads: " + obstacle);
            }
            if (WARNED.compareAndSet(false, true)) {
                System.getLogger(CoreManager.class.getName())
                        .log(Level.WARNING, "tasks run as platform threads, for " + obstacle);
            }
            return TaskMode.PLATFORM;
        }

        private static void startCores(CoreManager manager) {
            Throwable failure = null;
            try {
                JdkThreads.callUnpinned(manager.name + "-starter", () -> {
                    JdkThreads.prime();
                    for (Core core : manager.cores.values()) {
                        core.context().start();
                    }
                    return true;
                });
            } catch (ExecutionException e) {
                failure = e.getCause() == null ? e : e.getCause();
            }
            if (failure == null) {
                for (Core core : manager.cores.values()) {
                    Throwable stoodInTheWay =
                            core.context().awaitStarted(); // of all, so that none starts after the close
                    failure = failure == null ? stoodInTheWay : failure;
                }
            }
            if (failure != null) {
                manager.close();
                throw new IllegalStateException(
                        "manager '" + manager.name + "' could not be started on cores " + manager.cpus + ": "
                                + failure.getMessage(),
                        failure);
            }
        }

        /** INV-7: the mask is read back by set, and the CPU is looked at as well. */
        private static void pin(int cpu) {
            ThreadAffinity.set(CpuSet.of(cpu));
            int seen = ThreadAffinity.currentCpu();
            if (seen != cpu) {
                throw new IllegalStateException("pinned to CPU " + cpu + ", the thread is on CPU " + seen);
            }
        }
    }
}
