package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.testing.ChildJvm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Work that does not care where it runs: how it is spread, in what order it is run, and that it starves nothing. */
final class AnywhereTest {
    private static final CpuSet CPUS = ThreadAffinity.ofProcess();
    private static final int CPU = CPUS.last();

    private static CoreManagerBuilder builder() {
        return CoreManager.builder().mode(TaskMode.VIRTUAL).name("anywhere");
    }

    /** Exclusive, so that a pause of the JVM does not hand the core over in the middle of a count. */
    private static CoreManagerBuilder oneCore() {
        return builder().cores(CpuSet.of(CPU)).exclusive(CpuSet.of(CPU));
    }

    private static void assumeTwoCpus() {
        assumeTrue(CPUS.size() >= 2, "one CPU: there is nobody to share with");
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void tasksAreCounted(TaskMode mode) throws Exception {
        try (CoreManager cores = CoreManager.builder()
                .mode(mode)
                .uncaughtExceptionHandler((thread, thrown) -> {})
                .start()) {
            cores.anywhere().submit(() -> 1).get();
            cores.anywhere()
                    .start(() -> {
                        throw new IllegalStateException("on purpose");
                    })
                    .join();
            Waiting.until(
                    "both have left the books",
                    () -> cores.schedulerStatistics().anywhereEnded() == 2);
            assertEquals(2, cores.schedulerStatistics().anywhereStarted());
            assertEquals(1, cores.schedulerStatistics().anywhereFailed());
        }
    }

    /** As many tasks as cores, each of which waits, computing, until all of them run. */
    @Test
    void tasksRunAtTheSameTimeOnAllCores() throws Exception {
        // They compute for longer than a slice where the CPUs are shared: none is to have its core shared for that.
        try (CoreManager cores = builder().hogs(HogPolicy.REPORT).start()) {
            for (int round = 0; round < 50; round++) {
                CountDownLatch running = new CountDownLatch(CPUS.size());
                Set<Integer> seen = ConcurrentHashMap.newKeySet();
                List<Future<Integer>> tasks = new ArrayList<>();
                for (int i = 0; i < CPUS.size(); i++) {
                    tasks.add(cores.anywhere().submit(() -> {
                        running.countDown();
                        Waiting.spinUntil("all run", () -> running.getCount() == 0);
                        seen.add(ThreadAffinity.currentCpu());
                        return 0;
                    }));
                }
                for (Future<Integer> task : tasks) {
                    task.get();
                }
                assertEquals(CPUS.size(), seen.size());
            }
        }
    }

    /** The children are put in by one core; the others have to find them. */
    @Test
    void idleCoresStealFromABusyOne() throws Exception {
        assumeTwoCpus();
        try (CoreManager cores = builder().start()) {
            for (int round = 0; round < 50; round++) {
                CountDownLatch elsewhere = new CountDownLatch(1);
                cores.anywhere()
                        .submit(() -> {
                            int here = ThreadAffinity.currentCpu();
                            for (int i = 0; i < 100; i++) {
                                cores.anywhere().start(() -> {
                                    if (ThreadAffinity.currentCpu() != here) {
                                        elsewhere.countDown();
                                    }
                                });
                            }
                            Waiting.spinUntil("a child ran elsewhere", () -> elsewhere.getCount() == 0);
                            return 0;
                        })
                        .get();
            }
            assertTrue(cores.schedulerStatistics().steals() > 0, cores.schedulerStatistics()::toLine);
        }
    }

    /** The one that was woken last waits in a slot of its own: a thief must find that too. */
    @Test
    void whatATaskWakesDoesNotWaitForTheTaskToSuspend() throws Exception {
        assumeTwoCpus();
        try (CoreManager cores = builder().start()) {
            for (int round = 0; round < 50; round++) {
                AtomicBoolean ran = new AtomicBoolean();
                CountDownLatch parked = new CountDownLatch(1);
                Thread sleeper = cores.anywhere().start(() -> {
                    parked.countDown();
                    LockSupport.park();
                    ran.set(true);
                });
                parked.await();
                Waiting.until("it is parked", () -> sleeper.getState() == Thread.State.WAITING);
                cores.anywhere()
                        .submit(() -> {
                            LockSupport.unpark(sleeper);
                            Waiting.spinUntil("the woken task ran", ran::get);
                            return 0;
                        })
                        .get();
            }
        }
    }

    @Test
    void ofTheChildrenTheNewestBeginsFirst() throws Exception {
        assertEquals(List.of(4, 3, 2, 1, 0), Children.order());
    }

    /** What the runtime knows of the JDK's threads must not depend on who is the first to ask. */
    @Test
    void ofTheFirstChildrenInAJvmTheNewestBeginsFirst() {
        ChildJvm.Result result = ChildJvm.run(
                List.of("--enable-native-access=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED"),
                Children.class);
        assertEquals("[4, 3, 2, 1, 0]", result.output().strip());
    }

    /** A task that starts five, and in which order they began. */
    static final class Children {
        static List<Integer> order() throws Exception {
            List<Integer> order = new CopyOnWriteArrayList<>();
            try (CoreManager cores = oneCore().start()) {
                cores.anywhere()
                        .submit(() -> {
                            for (int i = 0; i < 5; i++) {
                                int child = i;
                                cores.anywhere().start(() -> order.add(child));
                            }
                            return 0;
                        })
                        .get();
            }
            return order;
        }

        public static void main(String[] arguments) throws Exception {
            System.out.println(order());
        }
    }

    /** The core is held while everything is put in place, so that dispatches are counted from a known one on. */
    private static final class Held implements AutoCloseable {
        final CoreManager cores;
        final Core core;
        private final CountDownLatch holding = new CountDownLatch(1);
        private final AtomicBoolean released = new AtomicBoolean();
        final AtomicLong dispatchesAtRelease = new AtomicLong();

        /** @param flood called by the task that holds the core */
        Held(CoreManager cores, Runnable flood) throws InterruptedException {
            this.cores = cores;
            this.core = cores.on(CPU);
            cores.anywhere().start(() -> {
                flood.run();
                holding.countDown();
                Waiting.spinUntil("the core is released", released::get);
                dispatchesAtRelease.set(core.statistics().dispatches());
            });
            holding.await();
        }

        void release() {
            released.set(true);
        }

        long dispatchesSinceRelease() {
            return core.statistics().dispatches() - dispatchesAtRelease.get();
        }

        @Override
        public void close() {
            cores.close();
        }
    }

    @Test
    void theGlobalQueueIsServedWithin61DispatchesOfAFloodedCore() throws Exception {
        CoreManager cores = oneCore().start();
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong after = new AtomicLong(-1);
        Runnable flood = () -> {
            for (int i = 0; i < 100; i++) {
                cores.anywhere().start(() -> {
                    while (!over.get()) {
                        Thread.yield();
                    }
                });
            }
        };
        try (Held held = new Held(cores, flood)) {
            cores.anywhere().start(() -> {
                after.set(held.dispatchesSinceRelease());
                over.set(true);
            });
            assertEquals(1, cores.schedulerStatistics().globalQueue());
            held.release();
            Waiting.until("the task from outside ran", () -> after.get() >= 0);
        }
        assertTrue(after.get() <= 61, "after " + after + " dispatches");
    }

    @Test
    void aPinnedTaskBehind100000StealableOnesIsNotStarved() throws Exception {
        CoreManager cores = oneCore().start();
        AtomicLong after = new AtomicLong(-1);
        AtomicInteger ran = new AtomicInteger();
        Runnable flood = () -> {
            for (int i = 0; i < 100_000; i++) {
                cores.anywhere().start(ran::incrementAndGet);
            }
        };
        try (Held held = new Held(cores, flood)) {
            held.core.start(() -> after.set(held.dispatchesSinceRelease()));
            held.release();
        }
        assertTrue(after.get() >= 0 && after.get() <= 3, "after " + after + " dispatches");
        assertEquals(100_000, ran.get());
    }

    /** Two tasks that only wake each other inherit one time slice; when that is over the third has its turn. */
    @Test
    void aPairThatOnlyWakesEachOtherDoesNotStarveTheRest() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        try (CoreManager cores = oneCore().start()) {
            cores.anywhere()
                    .submit(() -> {
                        Thread[] pair = new Thread[2];
                        CountDownLatch made = new CountDownLatch(1);
                        for (int i = 0; i < 2; i++) {
                            int other = 1 - i;
                            pair[i] = cores.anywhere().start(() -> {
                                awaitQuietly(made);
                                while (!over.get()) {
                                    LockSupport.unpark(pair[other]);
                                    LockSupport.park();
                                }
                                LockSupport.unpark(pair[other]);
                            });
                        }
                        made.countDown();
                        return 0;
                    })
                    .get();
            cores.anywhere()
                    .submit(() -> {
                        Thread.yield(); // from now on it waits behind the pair
                        over.set(true);
                        return 0;
                    })
                    .get();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void pinnedTasksStayWhereTheyAreBesideAFloodOfOthers() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger misplaced = new AtomicInteger();
        try (CoreManager cores = builder().start()) {
            for (int i = 0; i < 50; i++) {
                cores.anywhere().start(() -> {
                    while (!over.get()) {
                        Thread.yield();
                    }
                });
            }
            List<Future<Integer>> pinned = new ArrayList<>();
            for (int cpu : CPUS) {
                pinned.add(cores.on(cpu).submit(() -> {
                    for (int i = 0; i < 2_000; i++) {
                        if (i % 100 == 0) {
                            Thread.sleep(0, 1_000);
                        }
                        Thread.yield();
                        if (ThreadAffinity.currentCpu() != cpu) {
                            misplaced.incrementAndGet();
                        }
                    }
                    return 0;
                }));
            }
            for (Future<Integer> each : pinned) {
                each.get();
            }
            over.set(true);
        }
        assertEquals(0, misplaced.get());
    }

    @Test
    void aPreferredTaskIsRunElsewhereWhileItsCoreIsBusyAndComesHome() throws Exception {
        assumeTwoCpus();
        try (CoreManager cores =
                builder().exclusive(CpuSet.of(CPU)).hogs(HogPolicy.REPORT).start()) {
            AtomicBoolean free = new AtomicBoolean();
            CountDownLatch busy = new CountDownLatch(1);
            Thread holder = cores.on(CPU).start(() -> {
                busy.countDown();
                Waiting.spinUntil("the core is let go", free::get);
            });
            busy.await();
            Future<Integer> away = cores.on(CPU).preferred().submit(() -> {
                int first = ThreadAffinity.currentCpu();
                free.set(true);
                holder.join();
                Waiting.until("it is home", () -> ThreadAffinity.currentCpu() == CPU);
                return first;
            });
            assertTrue(away.get() != CPU);
        }
    }

    @Test
    void aMillionWakeUpsBetweenTasksAreNotLost() throws Exception {
        try (CoreManager cores = builder().idleStrategy(IdleStrategy.park()).start()) {
            int tasks = 100;
            int rounds = 2_000;
            CountDownLatch ended = new CountDownLatch(tasks);
            Thread[] ring = new Thread[tasks];
            AtomicLong[] tokens = new AtomicLong[tasks];
            CountDownLatch made = new CountDownLatch(1);
            for (int i = 0; i < tasks; i++) {
                int me = i;
                tokens[i] = new AtomicLong(i % 10 == 0 ? 1 : 0);
                ring[i] = cores.anywhere().start(() -> {
                    awaitQuietly(made);
                    for (int round = 0; round < rounds; round++) {
                        while (tokens[me].get() == 0) {
                            LockSupport.park();
                        }
                        tokens[me].decrementAndGet();
                        int next = (me + 1) % tasks;
                        tokens[next].incrementAndGet();
                        LockSupport.unpark(ring[next]);
                    }
                    ended.countDown();
                });
            }
            made.countDown();
            ended.await();
        }
    }

    /** More tasks than threads, by far. */
    @Test
    void carriersStayAtTheNumberOfCoresHoweverManyTasksThereAre() throws Exception {
        try (CoreManager cores = builder().start()) {
            int tasks = 100_000;
            CountDownLatch open = new CountDownLatch(1);
            CountDownLatch waiting = new CountDownLatch(tasks);
            for (int i = 0; i < tasks; i++) {
                cores.anywhere().start(() -> {
                    waiting.countDown();
                    awaitQuietly(open);
                });
            }
            try {
                waiting.await();
                Waiting.until(
                        "all carriers but one a core are spares",
                        () -> { // one may be on its way there
                            SchedulerStatistics now = cores.schedulerStatistics();
                            return now.carriers() - now.spares() == CPUS.size();
                        });
                assertTrue(cores.schedulerStatistics().carriers() <= 5 * CPUS.size());
            } finally {
                open.countDown();
            }
        }
    }

    @Test
    void aTraceSaysWhatTheCoresDoUntilItIsClosed() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        try (CoreManager cores = builder().start()) {
            Schedtrace trace = cores.schedtrace(Duration.ofMillis(1), lines::add);
            Waiting.until("three lines", () -> lines.size() >= 3);
            trace.close();
            assertTrue(
                    lines.getFirst()
                            .matches(
                                    "SCHED \\d+ms: cores=" + CPUS.size() + " idle=\\d+ spinning=\\d+ carriers=\\d+"
                                            + " spares=\\d+ globalqueue=\\d+ \\[[\\d ]+] steals=\\d+ handovers=\\d+ hogs=\\d+ lostpins=\\d+"),
                    lines.getFirst());
            Waiting.until(
                    "its thread is gone",
                    () -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(thread -> thread.getName().equals("anywhere-schedtrace")));
        }
    }
}
