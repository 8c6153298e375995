package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.CoreManagerBuilder;
import dev.heddle.runtime.TaskMode;
import dev.heddle.runtime.Unpinned;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Where tasks can be sent: Heddle, and what a user would take instead. All but the JDK's pool serve one CPU, the last. */
public enum Venue {
    /** A core of a manager: a virtual thread a task, pinned. */
    HEDDLE {
        @Override
        Place open() {
            return ofManager(CoreManager.builder());
        }
    },
    /** Anywhere, in a manager with one core. */
    HEDDLE_ANY_ONE_CORE {
        @Override
        Place open() {
            CoreManager manager = manager(CoreManager.builder());
            return new Place(manager.anywhere()::start, manager::close);
        }
    },
    /** The same, but the kernel may move the carrier. */
    HEDDLE_UNPINNED {
        @Override
        Place open() {
            return ofManager(Unpinned.builder());
        }
    },
    /** The JDK's scheduler on all CPUs: a virtual thread a task. */
    JDK_VIRTUAL {
        @Override
        Place open() {
            // Its workers are made now: made later, by a sender that is pinned, they would inherit the sender's mask.
            CountDownLatch met = new CountDownLatch(Integer.getInteger(
                    "jdk.virtualThreadScheduler.parallelism",
                    Runtime.getRuntime().availableProcessors()));
            for (long i = met.getCount(); i > 0; i--) {
                Thread.startVirtualThread(() -> {
                    met.countDown();
                    while (met.getCount() > 0) {
                        Thread.onSpinWait();
                    }
                });
            }
            return new Place(Thread::startVirtualThread, () -> {});
        }
    },
    /** One pinned platform thread and its queue: no thread a task, and a task that blocks blocks all. */
    PINNED_EXECUTOR {
        @Override
        Place open() {
            ExecutorService executor = Executors.newSingleThreadExecutor();
            executor.execute(() -> ThreadAffinity.set(CpuSet.of(lastCpu())));
            return new Place(executor, executor::close);
        }
    };

    /**
     * An open venue.
     *
     * @param executor starts a task
     * @param closing closes it
     */
    record Place(Executor executor, Runnable closing) {}

    abstract Place open();

    private static Place ofManager(CoreManagerBuilder builder) {
        CoreManager manager = manager(builder);
        Core core = manager.on(lastCpu());
        return new Place(core::start, manager::close);
    }

    private static CoreManager manager(CoreManagerBuilder builder) {
        return builder.mode(TaskMode.VIRTUAL).cores(CpuSet.of(lastCpu())).start();
    }

    /** Puts the calling thread on the CPU that the venues serve. */
    static void pinToLast() {
        ThreadAffinity.set(CpuSet.of(lastCpu()));
    }

    /** Puts the calling thread, a sender, on another CPU than the venue's, where there is one. */
    static void pinSender() {
        ThreadAffinity.set(CpuSet.of(ThreadAffinity.ofProcess().first()));
    }

    private static int lastCpu() {
        return ThreadAffinity.ofProcess().last();
    }
}
