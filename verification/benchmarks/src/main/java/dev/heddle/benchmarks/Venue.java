package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.CoreManagerBuilder;
import dev.heddle.runtime.IdleStrategy;
import dev.heddle.runtime.TaskMode;
import dev.heddle.runtime.Unpinned;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.BusySpinIdleStrategy;

/**
 * Where tasks can be sent: Heddle, and what a user would take instead, each used as its own documentation says.
 *
 * <p>Those that serve one CPU serve the last that the process may use. The JDK's scheduler, its ForkJoinPool and the fixed pool use all
 * of them, unpinned, as they do by default; {@link #JDK_ONE_CARRIER} one at a time. A task is a thread of its own, which may block, only at Heddle and at the JDK's
 * virtual threads; everywhere else a task that blocks holds up what comes after it.
 */
public enum Venue {
    /** A core of a manager: a virtual thread a task, pinned. Idle carriers spin for 20 us, then park: the default. */
    HEDDLE {
        @Override
        Place open() {
            return ofManager(CoreManager.builder());
        }
    },
    /** The same, parking at once. */
    HEDDLE_PARK {
        @Override
        Place open() {
            return ofManager(CoreManager.builder().idleStrategy(IdleStrategy.park()));
        }
    },
    /** The same, never parking. */
    HEDDLE_BUSY_SPIN {
        @Override
        Place open() {
            return ofManager(CoreManager.builder().idleStrategy(IdleStrategy.busySpin()));
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
    /** As {@link #HEDDLE}, but the kernel may move the carrier. */
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
            meet(
                    Integer.getInteger(
                            "jdk.virtualThreadScheduler.parallelism",
                            Runtime.getRuntime().availableProcessors()),
                    Thread::startVirtualThread);
            return new Place(Thread::startVirtualThread, () -> {});
        }
    },
    /** The same with one carrier, as many as those have that serve one CPU; unpinned. */
    JDK_ONE_CARRIER {
        @Override
        Place open() {
            System.setProperty("jdk.virtualThreadScheduler.parallelism", "1");
            System.setProperty("jdk.virtualThreadScheduler.maxPoolSize", "1");
            Place place = JDK_VIRTUAL.open();
            checkThatOneRuns(place.executor());
            return place;
        }
    },
    /** Nobody's: the JDK's virtual threads on a plain loop. */
    VIRTUAL_THREADS_ON_A_LOOP {
        @Override
        Place open() {
            VirtualThreadLoop loop = VirtualThreadLoop.start();
            return new Place(task -> loop.newThread(task).start(), loop::close);
        }
    },
    /** A ForkJoinPool of a worker a CPU, in its asynchronous mode. */
    FORK_JOIN {
        @Override
        Place open() {
            // Oldest first, as its documentation advises for tasks that nobody joins.
            ForkJoinPool pool = new ForkJoinPool(
                    Runtime.getRuntime().availableProcessors(),
                    ForkJoinPool.defaultForkJoinWorkerThreadFactory,
                    null,
                    true);
            meet(pool.getParallelism(), pool);
            return new Place(pool, pool::close);
        }
    },
    /** A fixed pool of a thread a CPU. */
    FIXED_POOL {
        @Override
        Place open() {
            int threads = Runtime.getRuntime().availableProcessors();
            ExecutorService pool = Executors.newFixedThreadPool(threads);
            meet(threads, pool);
            return new Place(pool, pool::close);
        }
    },
    /** One pinned platform thread and its queue. */
    PINNED_EXECUTOR {
        @Override
        Place open() {
            ExecutorService executor = Executors.newSingleThreadExecutor();
            executor.execute(Venue::pinToLast);
            return new Place(executor, executor::close);
        }
    },
    /** The same, pinned by OpenHFT Affinity. */
    OPENHFT {
        @Override
        Place open() {
            return Peers.openHft(lastCpu());
        }
    },
    /** Netty's event loop of NIO, which serves no sockets, on a pinned thread. */
    NETTY {
        @Override
        Place open() {
            return Peers.netty();
        }
    },
    /** An Agrona agent on a pinned thread, with its queue of many producers, backing off when idle. */
    AGRONA {
        @Override
        Place open() {
            return Peers.agrona(new BackoffIdleStrategy());
        }
    },
    /** The same, never parking. */
    AGRONA_BUSY_SPIN {
        @Override
        Place open() {
            return Peers.agrona(BusySpinIdleStrategy.INSTANCE);
        }
    },
    /** A Disruptor with a pinned consumer that waits on a lock when idle: its default. */
    DISRUPTOR {
        @Override
        Place open() {
            return Peers.disruptor(new com.lmax.disruptor.BlockingWaitStrategy());
        }
    },
    /** The same, never parking. */
    DISRUPTOR_BUSY_SPIN {
        @Override
        Place open() {
            return Peers.disruptor(new com.lmax.disruptor.BusySpinWaitStrategy());
        }
    };

    /** After which a task that does not run has no carrier. */
    private static final long TWO_MEET_NANOS = 100_000_000;

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

    /** Occupies so many workers at once, and waits for that: they exist then. */
    private static void meet(int workers, Executor executor) {
        CountDownLatch met = new CountDownLatch(workers);
        for (int i = 0; i < workers; i++) {
            executor.execute(() -> {
                met.countDown();
                while (met.getCount() > 0) {
                    Thread.onSpinWait();
                }
            });
        }
        while (met.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    /** Two tasks, of which the first does not end before the second has begun, or some time is over: it may not begin by then. */
    private static void checkThatOneRuns(Executor executor) {
        CountDownLatch second = new CountDownLatch(1);
        CompletableFuture<Boolean> areTwo = new CompletableFuture<>();
        executor.execute(() -> {
            executor.execute(second::countDown);
            long start = System.nanoTime();
            while (second.getCount() > 0 && System.nanoTime() - start < TWO_MEET_NANOS) {
                Thread.onSpinWait();
            }
            areTwo.complete(second.getCount() == 0);
        });
        if (areTwo.join()) {
            throw new IllegalStateException("the JDK's scheduler had begun before it was told to have one carrier");
        }
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
