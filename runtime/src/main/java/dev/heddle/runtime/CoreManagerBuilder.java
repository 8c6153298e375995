package dev.heddle.runtime;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.internal.AllowedCpus;
import dev.heddle.runtime.internal.dispatch.CoreBackend;
import dev.heddle.runtime.internal.dispatch.CoreSettings;
import dev.heddle.runtime.internal.dispatch.KernelPinning;
import dev.heddle.runtime.internal.dispatch.Neighbourhood;
import dev.heddle.runtime.internal.dispatch.Pinning;
import dev.heddle.runtime.internal.dispatch.PlatformBackend;
import dev.heddle.runtime.internal.dispatch.Scheduler;
import dev.heddle.runtime.internal.dispatch.SequencedBackend;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import dev.heddle.runtime.internal.task.Admission;
import java.lang.System.Logger.Level;
import java.lang.Thread.UncaughtExceptionHandler;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Collects what a {@link CoreManager} is made with. Not for use by several threads at once. */
public final class CoreManagerBuilder {
    /** The environment variable that names the cores where the program does not: {@value}. */
    public static final String CORES_VARIABLE = "HEDDLE_CORES";

    private static final Duration DEFAULT_SLICE = Duration.ofMillis(10);
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private @Nullable CpuSet cpus;
    private @Nullable Placement placement;
    private String name = "heddle";
    private IdleStrategy idleStrategy = defaultIdleStrategy();
    private int capacity = Admission.UNBOUNDED;
    private OverflowPolicy overflow = OverflowPolicy.BLOCK;
    private TaskMode mode = TaskMode.AUTO;
    private @Nullable UncaughtExceptionHandler uncaughtExceptionHandler;
    private Duration timeSlice = DEFAULT_SLICE;
    private HogPolicy hogPolicy = HogPolicy.SHARE;
    private CpuSet exclusive = CpuSet.empty();
    private @Nullable Long shuffleSeed;
    private @Nullable Long sequenceSeed;
    private ResizePolicy whenCpuGone = ResizePolicy.MOVE;
    private int auditEvery;
    private @Nullable CpuSet housekeeping;
    private Pinning pinning = new KernelPinning();

    CoreManagerBuilder() {}

    /**
     * Chooses the cores by their numbers: {@link Placement#cpus}.
     *
     * @param cpus CPU numbers, at least one
     * @return this builder
     */
    public CoreManagerBuilder cores(CpuSet cpus) {
        this.cpus = Objects.requireNonNull(cpus, "cpus");
        this.placement = null;
        return this;
    }

    /**
     * Chooses the cores by what they are. By default, what the environment variable {@value #CORES_VARIABLE} says: a
     * placement's {@linkplain Placement#parse text}, {@code 0-3,8} or {@code node:1/spread:4}, or a number, {@code 4}, for
     * the first four CPUs that the process may use, as with Go's {@code GOMAXPROCS}; {@code 4-4} is CPU 4 alone. Where it is
     * not set, all CPUs of the process's affinity mask.
     *
     * @param placement resolved against the machine by {@link #start()}
     * @return this builder
     */
    public CoreManagerBuilder cores(Placement placement) {
        this.placement = Objects.requireNonNull(placement, "placement");
        this.cpus = null;
        return this;
    }

    /**
     * Names the manager. Carriers are called {@code NAME-core-CPU}.
     *
     * @param name the name
     * @return this builder
     */
    public CoreManagerBuilder name(String name) {
        this.name = Objects.requireNonNull(name, "name");
        return this;
    }

    private static IdleStrategy defaultIdleStrategy() {
        return ThreadAffinity.ofProcess().size() == 1 ? IdleStrategy.park() : IdleStrategy.spinThenPark();
    }

    /**
     * Chooses what a carrier does without work. By default, {@link IdleStrategy#spinThenPark()}, but {@link IdleStrategy#park()}
     * where the process has one CPU: whoever could bring work needs that CPU.
     *
     * @param idleStrategy the strategy
     * @return this builder
     */
    public CoreManagerBuilder idleStrategy(IdleStrategy idleStrategy) {
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
    public CoreManagerBuilder capacity(int tasks) {
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
    public CoreManagerBuilder overflow(OverflowPolicy overflow) {
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
    public CoreManagerBuilder uncaughtExceptionHandler(UncaughtExceptionHandler handler) {
        this.uncaughtExceptionHandler = Objects.requireNonNull(handler, "handler");
        return this;
    }

    /**
     * Chooses as what tasks run. By default, {@link TaskMode#AUTO}.
     *
     * @param mode the mode
     * @return this builder
     */
    public CoreManagerBuilder mode(TaskMode mode) {
        this.mode = Objects.requireNonNull(mode, "mode");
        return this;
    }

    /**
     * Sets how long a task may run without a suspension before it counts as a hog, and how long tasks that wake each
     * other may keep the others of their core waiting. By default, 10 milliseconds. The monitor sees that up to some
     * milliseconds later.
     *
     * @param slice the time, more than 0
     * @return this builder
     * @throws IllegalArgumentException if it is not positive
     */
    public CoreManagerBuilder timeSlice(Duration slice) {
        if (!slice.isPositive()) {
            throw new IllegalArgumentException("a time slice is more than 0, not " + slice);
        }
        this.timeSlice = slice;
        return this;
    }

    /**
     * Chooses what is done about a task that computes for longer than a time slice. By default, {@link
     * HogPolicy#SHARE}.
     *
     * @param policy the policy
     * @return this builder
     */
    public CoreManagerBuilder hogs(HogPolicy policy) {
        this.hogPolicy = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /**
     * Names cores that the monitor never hands to another carrier, whatever their tasks do: from one suspension to the
     * next a task has its core's data to itself, without locks. Only {@link Blocking} ends that, which counts as a
     * suspension. By default, none. Platform threads cannot keep that: a manager of those is not started.
     *
     * @param cpus numbers of CPUs that this process may use; one that is no core is exclusive from when it becomes one
     * @return this builder
     */
    public CoreManagerBuilder exclusive(CpuSet cpus) {
        this.exclusive = Objects.requireNonNull(cpus, "cpus");
        return this;
    }

    /**
     * Has every core choose at random what it runs next, among all that waits: for tests, which so find what relies on
     * an order that nobody promises. Cores run at the same time as always, so that a seed does not fix what happens
     * between them.
     *
     * @param seed where the choices come from
     * @return this builder
     */
    public CoreManagerBuilder shuffled(long seed) {
        this.shuffleSeed = seed;
        this.sequenceSeed = null;
        return this;
    }

    /**
     * Has all cores together run one task at a time, in an order that the seed decides: for tests, which so find the same
     * order again. What the tasks do among themselves is then the same in every run; let one task start all the others, for
     * what comes from outside (other threads, sleeps, sockets) comes when it comes. A task is on its core as always; one
     * that blocks its carrier holds up all cores, inside {@link Blocking} too. Virtual mode only.
     *
     * @param seed decides the order
     * @return this builder
     */
    public CoreManagerBuilder deterministic(long seed) {
        this.sequenceSeed = seed;
        this.shuffleSeed = null;
        return this;
    }

    /**
     * Chooses what becomes of a core whose CPU goes: offline, or out of the cpuset. The monitor notices that within a tenth of
     * a second while tasks run. It says so in the log, in the statistics and as the event {@code dev.heddle.LostPin}, and
     * removes the core as {@link CoreManager#resize(CpuSet, ResizePolicy)} does. By default, {@link ResizePolicy#MOVE}: its
     * tasks go on, pinned to another core. With {@link ResizePolicy#REFUSE} a core that has tasks stays, and they run where the
     * kernel lets them until the CPU is back. The last core stays in any case.
     *
     * <p>A carrier whose mask was changed while its CPU is there is pinned again. In {@linkplain TaskMode#PLATFORM platform
     * mode}, and with {@link #deterministic}, nobody watches.
     *
     * @param policy the policy
     * @return this builder
     */
    public CoreManagerBuilder whenCpuGone(ResizePolicy policy) {
        this.whenCpuGone = Objects.requireNonNull(policy, "policy");
        return this;
    }

    /**
     * Moves the JVM's own threads (garbage collector, compilers, timers, pollers, the JDK's pools) to other CPUs than the
     * manager's cores, so that those are the tasks' alone. All threads of the process are taken for the JVM's own but the
     * carriers and the Java threads that the program started itself, which are the program's to place. Those that come later are
     * moved within a second or so while tasks run, in virtual mode. {@link CoreManager#housekeeping()} says which were moved;
     * what could not be moved is logged too. When {@link CoreManager#close()} returns each has the mask that it had, unless another manager keeps house, too. A thread inherits the mask of the one that starts it: start the program's own from threads of the program.
     *
     * @param cpus where they go: at least one CPU, none of the manager's cores
     * @return this builder
     * @throws IllegalArgumentException if the set is empty
     */
    public CoreManagerBuilder housekeeping(CpuSet cpus) {
        if (cpus.isEmpty()) {
            throw new IllegalArgumentException("the JVM's own threads need at least one CPU, the set is empty");
        }
        this.housekeeping = cpus;
        return this;
    }

    /**
     * Has each carrier ask the kernel which CPU it is on, after so many dispatches each time: {@link CoreStatistics#audits()}
     * says how often it did, and {@link CoreStatistics#misplaced()} how often that was another CPU than its core's. A look costs
     * about 5 nanoseconds. By default, none. Virtual mode only.
     *
     * @param dispatches after how many, at least 1
     * @return this builder
     * @throws IllegalArgumentException if it is below 1
     */
    public CoreManagerBuilder audit(int dispatches) {
        if (dispatches < 1) {
            throw new IllegalArgumentException("an audit comes after 1 dispatch or more, not " + dispatches);
        }
        this.auditEvery = dispatches;
        return this;
    }

    /** Another way to pin: for tests of its failure, and for the benchmarks' baseline without pins. */
    CoreManagerBuilder pinning(Pinning pinning) {
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
        Machine machine = new Machine();
        CpuSet chosen = chosen(machine);
        CoreManager.requireUsable(chosen);
        AllowedCpus.requireAllowed(exclusive);
        requireApart(chosen);
        TaskMode resolved = resolveMode();
        CoreSettings settings = new CoreSettings(
                name,
                idleStrategy.spinNanos(),
                capacity,
                overflow,
                uncaughtExceptionHandler,
                pinning,
                SaturatedNanos.of(timeSlice),
                hogPolicy == HogPolicy.SHARE,
                exclusive,
                auditEvery,
                new Neighbourhood(machine::orNull),
                shuffleSeed);
        CoreManager manager =
                new CoreManager(settings, resolved, backend(resolved, settings), whenCpuGone, housekeeping);
        boolean started = false;
        try {
            manager.startWith(chosen);
            started = true;
            return manager;
        } finally {
            if (!started) {
                manager.shutdown();
            }
        }
    }

    private CoreBackend backend(TaskMode resolved, CoreSettings settings) {
        if (resolved == TaskMode.PLATFORM) {
            if (sequenceSeed != null || shuffleSeed != null || !exclusive.isEmpty()) {
                throw new IllegalStateException("the kernel runs platform threads in any order and at the same time:"
                        + " exclusive cores, shuffled and deterministic orders need TaskMode.VIRTUAL"
                        + (VirtualThreadHook.obstacle() == null ? "" : ", but " + VirtualThreadHook.obstacle()));
            }
            return new PlatformBackend(settings);
        }
        return sequenceSeed == null ? new Scheduler(settings) : new SequencedBackend(settings, sequenceSeed);
    }

    private void requireApart(CpuSet chosen) {
        if (housekeeping == null) {
            return;
        }
        AllowedCpus.requireAllowed(housekeeping);
        if (housekeeping.intersects(chosen)) {
            throw new IllegalArgumentException(
                    "housekeeping on CPUs " + housekeeping + " would be on cores of the manager, "
                            + chosen + ": choose others, or leave "
                            + housekeeping.intersection(chosen) + " out of the cores");
        }
    }

    private CpuSet chosen(Machine machine) {
        if (cpus != null) {
            return cpus;
        }
        return placement == null ? defaultCores(machine) : machine.resolve(placement);
    }

    /**
     * Returns the cores that a manager gets for which none are chosen: those that {@value #CORES_VARIABLE} says, or the CPUs of
     * the process's affinity mask.
     *
     * @return the cores
     * @throws IllegalArgumentException if the variable is malformed, or what it says cannot be met
     */
    public static CpuSet defaultCores() {
        return defaultCores(new Machine());
    }

    private static CpuSet defaultCores(Machine machine) {
        String text = System.getenv(CORES_VARIABLE);
        CpuSet ofProcess = AllowedCpus.ofProcess();
        return text == null ? ofProcess : CoreCount.parse(text, ofProcess, machine::resolve);
    }

    /**
     * Returns why tasks cannot run as virtual threads in this JVM.
     *
     * @return what stands in the way and what to do about it, or nothing if they can
     */
    public static Optional<String> obstacleToVirtualMode() {
        return Optional.ofNullable(VirtualThreadHook.obstacle());
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
}
