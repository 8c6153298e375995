package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.CoreManagerBuilder;
import dev.heddle.runtime.Placement;
import dev.heddle.runtime.ResizePolicy;
import dev.heddle.runtime.SchedulerStatistics;
import dev.heddle.runtime.TaskMode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends random tasks into a manager while its cores change, and checks at every rest that nothing was lost or broken. */
final class Soak {
    /*
     * Rounds of half a second to two. In a round one thread sends trees of tasks (SoakTask) and resizes the manager; then it
     * waits until all have ended, and checks at rest:
     *   INV-3, INV-6  every task that was accepted has ended, once: the counts agree
     *   INV-5         a task that is sent to a core at rest runs long before the one second after which a core looks by itself
     *   INV-8         every core serves, whatever was thrown on it
     * The tasks check while they run:
     *   INV-1, INV-7  the CPU, and the mask of the thread below, are the core's
     *   INV-2         on a core that is exclusive nobody else is between two suspensions
     * and INV-4 with them, for a carrier that ran on beyond its core would meet the next owner there.
     */
    private static final long MOST_IN_FLIGHT = 2_000;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** A core that was not woken looks by itself after a second; a machine that is busy elsewhere may take a while too. */
    private static final long PROMPT_NANOS = TimeUnit.MILLISECONDS.toNanos(900);

    private static final int LATE_ONES_THAT_ARE_CHANCE = 2;

    private static final List<ResizePolicy> POLICIES = List.of(ResizePolicy.values());

    private final long seed;
    private final @Nullable Placement asked;
    private final Consumer<String> log;
    private final ConcurrentLinkedQueue<String> broken = new ConcurrentLinkedQueue<>();
    final AtomicLong in = new AtomicLong();
    final AtomicLong out = new AtomicLong();
    final AtomicLong looks = new AtomicLong();

    /** Cores whose tasks a resize has moved: those may be anywhere. */
    final Set<Core> moved = ConcurrentHashMap.newKeySet();

    /** Who is between two suspensions on each exclusive core. */
    private final Map<Core, AtomicReference<@Nullable SoakTask>> inside = new ConcurrentHashMap<>();

    private int exclusiveCpu = -1;
    private long resizes;
    private long refused;
    private int lateProbes;

    /**
     * How a soak went.
     *
     * @param broken what was broken, in words; empty if nothing was
     * @param summary the whole in a line
     */
    record Result(List<String> broken, String summary) {}

    Soak(long seed, @Nullable Placement asked, Consumer<String> log) {
        this.seed = seed;
        this.asked = asked;
        this.log = log;
    }

    /** From any thread: something that must not be. */
    void broke(String what) {
        if (broken.size() < 20) {
            broken.add(what);
        }
    }

    boolean isExclusive(Core core) {
        return core.cpu() == exclusiveCpu;
    }

    AtomicReference<@Nullable SoakTask> inside(Core core) {
        AtomicReference<@Nullable SoakTask> known = inside.get(core);
        if (known != null) {
            return known;
        }
        AtomicReference<@Nullable SoakTask> fresh = new AtomicReference<>();
        AtomicReference<@Nullable SoakTask> first = inside.putIfAbsent(core, fresh);
        return first == null ? fresh : first;
    }

    Result run(Duration time, @Nullable Duration schedtrace) throws IOException, InterruptedException {
        CoreManager manager = start();
        try (SoakResources resources = new SoakResources()) {
            if (schedtrace != null) {
                manager.schedtrace(schedtrace, log); // it ends with the manager
            }
            CpuSet all = manager.cores();
            SplittableRandom random = new SplittableRandom(seed);
            long begin = System.nanoTime();
            long rounds = 0;
            while (System.nanoTime() - begin < time.toNanos() && broken.isEmpty()) {
                round(manager, resources, all, random);
                rounds++;
            }
            if (broken.isEmpty()) {
                manager.close();
            }
            SchedulerStatistics last = manager.schedulerStatistics();
            return new Result(
                    List.copyOf(broken),
                    ("%d rounds in %d s, seed %d: %d tasks in, %d out; %d looks; %d resizes and %d refused;"
                                    + " on the last cores %d steals, %d hand-overs, %d hogs; %d broken")
                            .formatted(
                                    rounds,
                                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin),
                                    seed,
                                    in.get(),
                                    out.get(),
                                    looks.get(),
                                    resizes,
                                    refused,
                                    last.steals(),
                                    last.handOvers(),
                                    last.hogs(),
                                    broken.size()));
        } finally {
            manager.shutdownNow();
        }
    }

    private CoreManager start() {
        try {
            CoreManagerBuilder builder = CoreManager.builder()
                    .name("soak")
                    .mode(TaskMode.VIRTUAL)
                    .uncaughtExceptionHandler((thread, thrown) -> {
                        if (!(thrown instanceof SoakTask.OnPurpose)) {
                            broke("a task threw " + thrown);
                        }
                    });
            if (asked != null) {
                builder.cores(asked);
            }
            CoreManager probe = builder.start();
            CpuSet all = probe.cores();
            probe.close();
            exclusiveCpu = all.last();
            return builder.exclusive(CpuSet.of(exclusiveCpu)).start();
        } catch (IllegalArgumentException | IllegalStateException | UnsupportedOperationException e) {
            throw new CannotRunException(e);
        }
    }

    private void round(CoreManager manager, SoakResources resources, CpuSet all, SplittableRandom random)
            throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(500, 2_000));
        while (System.nanoTime() < until && broken.isEmpty()) {
            if (random.nextInt(200) == 0) {
                resize(manager, all, random);
            }
            if (in.get() - out.get() < MOST_IN_FLIGHT) {
                send(manager, resources, random);
            } else {
                LockSupport.parkNanos(100_000);
            }
        }
        if (!comesTrue(() -> in.get() == out.get())) {
            broke("INV-3: " + in.get() + " tasks went in and " + out.get() + " came out, a minute later: "
                    + manager.schedulerStatistics().toLine());
            return;
        }
        resizeTo(manager, all, ResizePolicy.REFUSE);
        probe(manager);
        if (!comesTrue(() -> isBalanced(manager.schedulerStatistics()))) {
            broke("INV-5: at rest, not every core is counted as idle: "
                    + manager.schedulerStatistics().toLine());
        }
    }

    private static boolean isBalanced(SchedulerStatistics now) {
        return now.idle() == now.cores() && now.spinning() == 0;
    }

    private void send(CoreManager manager, SoakResources resources, SplittableRandom random) {
        try {
            new SoakTask(this, manager, resources, random.split(), 0).start();
        } catch (IllegalArgumentException | RejectedExecutionException goneJustNow) {
            // A resize has removed the core between the choice and the start.
        }
    }

    private void resize(CoreManager manager, CpuSet all, SplittableRandom random) {
        int[] kept = all.stream().filter(cpu -> random.nextInt(3) > 0).toArray();
        ResizePolicy policy = POLICIES.get(random.nextInt(POLICIES.size()));
        resizeTo(manager, kept.length == 0 ? CpuSet.of(all.first()) : CpuSet.of(kept), policy);
    }

    private void resizeTo(CoreManager manager, CpuSet cpus, ResizePolicy policy) {
        if (policy == ResizePolicy.MOVE) {
            manager.cores().minus(cpus).stream().forEach(cpu -> moved.add(manager.on(cpu)));
        }
        try {
            manager.resize(cpus, policy);
            resizes++;
        } catch (IllegalStateException hasTasks) {
            if (policy != ResizePolicy.REFUSE) {
                broke("a resize with " + policy + " failed: " + hasTasks.getMessage());
            }
            refused++;
        }
    }

    /** At rest: every core serves at once. */
    private void probe(CoreManager manager) throws InterruptedException {
        for (int cpu : manager.cores()) {
            long sent = System.nanoTime();
            AtomicLong ran = new AtomicLong();
            manager.on(cpu).start(() -> ran.set(System.nanoTime()));
            if (!comesTrue(() -> ran.get() != 0)) {
                broke("INV-8: core " + cpu + " does not serve: "
                        + manager.schedulerStatistics().toLine());
            } else if (ran.get() - sent > PROMPT_NANOS && ++lateProbes > LATE_ONES_THAT_ARE_CHANCE) {
                broke("INV-5: core " + cpu + " at rest took " + TimeUnit.NANOSECONDS.toMillis(ran.get() - sent)
                        + " ms to begin a task");
            }
        }
    }

    private static boolean comesTrue(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(0, 200_000);
        }
        return true;
    }
}
