package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Blocking;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskLauncher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** One task of a soak: some random steps in a random place, and a look around after each. */
final class SoakTask implements Runnable {
    /** What a task throws because it is to throw. */
    static final class OnPurpose extends Error {
        private static final long serialVersionUID = 1L;

        OnPurpose() {
            super("on purpose", null, false, false);
        }
    }

    private static final int DEEPEST = 3;
    private static final int MOST_STEPS = 8;
    private static final int KINDS_OF_STEP = 14;

    private static final long ALONE_NANOS = 500;

    private final Soak soak;
    private final CoreManager manager;
    private final SoakResources resources;
    private final SplittableRandom random;
    private final int depth;
    private final AtomicBoolean begun = new AtomicBoolean();

    /** The core that it is pinned to, or null. */
    private @Nullable Core home;

    SoakTask(Soak soak, CoreManager manager, SoakResources resources, SplittableRandom random, int depth) {
        this.soak = soak;
        this.manager = manager;
        this.resources = resources;
        this.random = random;
        this.depth = depth;
    }

    /** Starts it somewhere, and counts it in if it is accepted. */
    Thread start() {
        int[] cpus = manager.cores().toArray();
        Core core = manager.on(cpus[random.nextInt(cpus.length)]);
        int kind = random.nextInt(3);
        TaskLauncher place = kind == 0 ? core : kind == 1 ? core.preferred() : manager.anywhere();
        home = kind == 0 ? core : null;
        soak.in.incrementAndGet();
        boolean accepted = false;
        try {
            Thread thread = place.start(this);
            accepted = true;
            return thread;
        } finally {
            if (!accepted) {
                soak.in.decrementAndGet();
            }
        }
    }

    @Override
    public void run() {
        if (!begun.compareAndSet(false, true)) {
            soak.broke("INV-3: a task ran twice");
        }
        try {
            lookAround();
            for (int step = random.nextInt(MOST_STEPS); step > 0; step--) {
                doStep(random.nextInt(KINDS_OF_STEP));
                lookAround();
            }
        } catch (InterruptedException failedByAResize) {
            lookAround();
        } catch (IOException e) {
            soak.broke("a step failed: " + e);
        } finally {
            soak.out.incrementAndGet();
        }
    }

    private void doStep(int kind) throws InterruptedException, IOException {
        switch (kind) {
            case 0, 1 -> Thread.yield();
            case 2 -> Thread.sleep(random.nextInt(3), random.nextInt(900_000));
            case 3 -> LockSupport.parkNanos(random.nextInt(100_000));
            case 4 -> lock();
            case 5 -> synchronize();
            case 6 -> exchange();
            case 7 -> resources.exchange();
            case 8 -> spawn();
            case 9 -> compute(random.nextInt(20_000));
            case 10 -> rarely(50, () -> compute(TimeUnit.MILLISECONDS.toNanos(15)));
            case 11 -> rarely(20, this::block);
            case 12 ->
                rarely(5, () -> {
                    throw new OnPurpose();
                });
            default -> interruptItself();
        }
    }

    private interface Step {
        void take() throws InterruptedException, IOException;
    }

    private void rarely(int times, Step step) throws InterruptedException, IOException {
        if (random.nextInt(times) == 0) {
            step.take();
        }
    }

    private void lock() throws InterruptedException {
        resources.lock.lockInterruptibly();
        try {
            Thread.yield();
        } finally {
            resources.lock.unlock();
        }
    }

    private void synchronize() {
        synchronized (resources.monitor) {
            if (random.nextInt(2) == 0) {
                Thread.yield();
            }
        }
    }

    /** Every taker puts first, so that none waits for ever. */
    private void exchange() throws InterruptedException {
        resources.channel.put(depth);
        Thread.yield();
        resources.channel.take();
    }

    private void spawn() throws InterruptedException {
        if (depth == DEEPEST) {
            return;
        }
        List<Thread> children = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            try {
                children.add(new SoakTask(soak, manager, resources, random.split(), depth + 1).start());
            } catch (IllegalArgumentException | RejectedExecutionException goneJustNow) {
                // A resize has removed the core between the choice and the start.
            }
        }
        for (Thread child : children) {
            child.join();
        }
    }

    private static void compute(long nanos) {
        long until = System.nanoTime() + nanos;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
    }

    private void block() throws IOException {
        long micros = random.nextInt(3_000);
        if (random.nextBoolean()) {
            resources.readLater(micros);
            return;
        }
        try {
            Blocking.call(() -> {
                resources.readLater(micros);
                return true;
            });
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static void interruptItself() {
        Thread.currentThread().interrupt();
        LockSupport.park(); // returns at once
        boolean interrupted = Thread.interrupted();
        if (!interrupted) {
            throw new IllegalStateException("the interrupt was lost");
        }
    }

    private void lookAround() {
        soak.looks.incrementAndGet();
        Core core = home;
        int cpu = ThreadAffinity.currentCpu();
        if (core == null || soak.moved.contains(core)) {
            return;
        }
        if (cpu != core.cpu()) {
            soak.broke("INV-1: a task of core " + core.cpu() + " was on CPU " + cpu);
        }
        if (random.nextInt(100) == 0) {
            CpuSet mask = ThreadAffinity.get();
            if (!mask.equals(CpuSet.of(core.cpu()))) {
                soak.broke("INV-7: a task of core " + core.cpu() + " was on a thread with the mask " + mask);
            }
        }
        if (soak.isExclusive(core)) {
            beAlone(core);
        }
    }

    /** Without a suspension: nobody else may be here. */
    private void beAlone(Core core) {
        AtomicReference<@Nullable SoakTask> inside = soak.inside(core);
        SoakTask other = inside.getAndSet(this);
        compute(ALONE_NANOS);
        if (other != null || !inside.compareAndSet(this, null)) {
            soak.broke("INV-2: two tasks at the same time on core " + core.cpu() + ", which is exclusive");
        }
    }
}
