package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

/** The orders of dispatch for tests. */
final class OrderTest {
    private static final CpuSet ALL = ThreadAffinity.ofProcess();

    private static CoreManager deterministic(long seed) {
        return CoreManager.builder().name("order").deterministic(seed).start();
    }

    private static CoreManager shuffledOnOneCore(long seed) {
        return CoreManager.builder()
                .name("order")
                .cores(CpuSet.of(ALL.last()))
                .exclusive(CpuSet.of(ALL.last())) // or the monitor might hand the core over when the machine is busy
                .shuffled(seed)
                .start();
    }

    /** What happened, in order: tasks of every kind that yield, wake each other, contend and start more. */
    private static List<String> history(LongFunction<CoreManager> maker, long seed) throws Exception {
        List<String> history = Collections.synchronizedList(new ArrayList<>());
        try (CoreManager cores = maker.apply(seed)) {
            cores.anywhere().submit(() -> root(cores, history)).get();
        }
        return history;
    }

    private static int root(CoreManager cores, List<String> history) throws Exception {
        ReentrantLock lock = new ReentrantLock();
        BlockingQueue<Integer> queue = new ArrayBlockingQueue<>(1);
        List<Future<Integer>> tasks = new ArrayList<>();
        int[] cpus = cores.cores().toArray();
        for (int i = 0; i < 12; i++) {
            String name = "task " + i;
            int number = i;
            int cpu = cpus[i % cpus.length];
            TaskLauncher place = i % 3 == 0
                    ? cores.anywhere()
                    : i % 3 == 1 ? cores.on(cpu) : cores.on(cpu).preferred();
            tasks.add(place.submit(() -> {
                for (int step = 0; step < 5; step++) {
                    history.add(name + " " + step);
                    Thread.yield();
                    lock.lock();
                    try {
                        Thread.yield();
                    } finally {
                        lock.unlock();
                    }
                    if (number % 2 == 0) {
                        queue.put(step);
                    } else {
                        history.add(name + " took " + queue.take());
                    }
                }
                return 0;
            }));
        }
        for (Future<Integer> task : tasks) {
            task.get();
        }
        return 0;
    }

    @Test
    void oneSeedGivesOneOrderOnAllCores() throws Exception {
        List<String> first = history(OrderTest::deterministic, 7);
        for (int i = 0; i < 10; i++) {
            assertEquals(first, history(OrderTest::deterministic, 7));
        }
    }

    @Test
    void oneSeedGivesOneShuffledOrderOnOneCore() throws Exception {
        List<String> first = history(OrderTest::shuffledOnOneCore, 7);
        for (int i = 0; i < 10; i++) {
            assertEquals(first, history(OrderTest::shuffledOnOneCore, 7));
        }
    }

    @Test
    void otherSeedsGiveOtherOrders() throws Exception {
        Set<List<String>> deterministic = new HashSet<>();
        Set<List<String>> shuffled = new HashSet<>();
        for (int seed = 0; seed < 10; seed++) {
            deterministic.add(history(OrderTest::deterministic, seed));
            shuffled.add(history(OrderTest::shuffledOnOneCore, seed));
        }
        assertEquals(10, deterministic.size());
        assertEquals(10, shuffled.size());
    }

    /** What these modes are for: a program that relies on the order in which it has started its tasks. */
    @Test
    void aProgramThatReliesOnAnOrderIsFoundOut() throws Exception {
        Set<List<Integer>> orders = new HashSet<>();
        for (long seed = 0; seed < 20; seed++) {
            List<Integer> order = Collections.synchronizedList(new ArrayList<>());
            try (CoreManager cores = shuffledOnOneCore(seed)) {
                Core core = cores.on(ALL.last());
                core.submit(() -> {
                            for (int i = 0; i < 4; i++) {
                                int child = i;
                                core.start(() -> order.add(child));
                            }
                            return 0;
                        })
                        .get();
            }
            orders.add(order);
        }
        assertTrue(orders.size() > 5, orders::toString);
        assertNotEquals(Set.of(List.of(0, 1, 2, 3)), orders);
    }

    @Test
    void deterministicTasksAreOnTheirCores() throws Exception {
        try (CoreManager cores = deterministic(1)) {
            for (int cpu : ALL) {
                Future<Integer> seen = cores.on(cpu).submit(() -> {
                    Thread.sleep(1);
                    Thread.yield();
                    assertEquals(cpu, cores.current().orElseThrow().cpu());
                    return Blocking.call(ThreadAffinity::currentCpu);
                });
                assertEquals(cpu, seen.get());
            }
        }
    }

    @Test
    void platformThreadsHaveNoOrderToDecide() {
        for (CoreManagerBuilder builder : List.of(
                CoreManager.builder().deterministic(1),
                CoreManager.builder().shuffled(1),
                CoreManager.builder().exclusive(ALL))) {
            IllegalStateException e = assertThrows(
                    IllegalStateException.class,
                    () -> builder.mode(TaskMode.PLATFORM).start());
            assertTrue(String.valueOf(e.getMessage()).contains("TaskMode.VIRTUAL"), e.getMessage());
        }
    }
}
