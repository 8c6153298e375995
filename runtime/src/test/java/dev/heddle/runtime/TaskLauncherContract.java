package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The contract of {@link ExecutorService}, kept by the views of every kind of place in every mode. */
abstract class TaskLauncherContract {
    private static final int CPU = ThreadAffinity.ofProcess().last();

    private final CoreManager cores;
    private final TaskLauncher place;
    private final ExecutorService executor;

    TaskLauncherContract(CoreManagerBuilder builder, Function<CoreManager, TaskLauncher> chooser) {
        // One core, so that what may run anywhere runs there too.
        cores = builder.name("contract").cores(CpuSet.of(CPU)).start();
        place = chooser.apply(cores);
        executor = place.executor();
    }

    @AfterEach
    void close() {
        executor.close();
        cores.close();
    }

    private static <T> Callable<T> never(CountDownLatch begun) {
        return () -> {
            begun.countDown();
            new CountDownLatch(1).await();
            throw new AssertionError("the latch was never to open");
        };
    }

    @Test
    void tasksRunOnTheCoreEachOnItsOwnThread() throws Exception {
        Future<Integer> cpu = executor.submit(ThreadAffinity::currentCpu);
        assertEquals(CPU, cpu.get());
        Future<Thread> one = executor.submit(Thread::currentThread);
        Future<Thread> two = executor.submit(Thread::currentThread);
        assertFalse(one.get().equals(two.get()));
    }

    @Test
    void aTaskWithoutResultHasAFutureToo() throws Exception {
        AtomicInteger seen = new AtomicInteger(-1);
        Future<?> done = place.submit(() -> seen.set(ThreadAffinity.currentCpu()));
        assertNull(done.get());
        assertEquals(CPU, seen.get());
        IllegalStateException thrown = new IllegalStateException("on purpose");
        Runnable failing = () -> {
            throw thrown;
        };
        assertSame(
                thrown,
                assertThrows(ExecutionException.class, place.submit(failing)::get)
                        .getCause());
    }

    @Test
    void resultsAndExceptionsArriveInTheFuture() throws Exception {
        assertEquals("result", executor.submit(() -> {}, "result").get());
        IllegalStateException thrown = new IllegalStateException("on purpose");
        Future<?> failing = executor.submit(() -> {
            throw thrown;
        });
        assertEquals(
                thrown, assertThrows(ExecutionException.class, failing::get).getCause());
        assertThrows(NullPointerException.class, () -> executor.execute(null));
    }

    @Test
    void invokeAllReturnsWhenAllAreDoneInOrder() throws Exception {
        List<Future<Integer>> results = executor.invokeAll(List.of(() -> 1, () -> 2, ThreadAffinity::currentCpu));
        assertTrue(results.stream().allMatch(Future::isDone));
        assertEquals(List.of(1, 2, CPU), results.stream().map(Future::resultNow).toList());
    }

    @Test
    void invokeAllCancelsWhatIsNotDoneInTime() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        List<Future<Integer>> results = executor.invokeAll(List.of(() -> 1, never(begun)), 200, TimeUnit.MILLISECONDS);
        assertEquals(1, results.get(0).get());
        assertTrue(results.get(1).isCancelled());
    }

    @Test
    void invokeAnyReturnsOneThatSucceedsAndInterruptsTheRest() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        Callable<Integer> failing = () -> {
            throw new IllegalStateException("on purpose");
        };
        assertEquals(7, executor.invokeAny(List.of(failing, never(begun), () -> 7)));
        assertThrows(ExecutionException.class, () -> executor.invokeAny(List.of(failing)));
        assertThrows(
                TimeoutException.class, () -> executor.invokeAny(List.of(never(begun)), 50, TimeUnit.MILLISECONDS));
    }

    @Test
    void cancellingInterruptsTheTask() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        Future<?> future = executor.submit(() -> {
            begun.countDown();
            try {
                Thread.sleep(Duration.ofDays(1));
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
        });
        begun.await();
        assertThrows(TimeoutException.class, () -> future.get(1, TimeUnit.MILLISECONDS));
        assertTrue(future.cancel(true));
        interrupted.await();
        assertThrows(CancellationException.class, future::get);
    }

    @Test
    void afterShutdownTasksAreRefusedAndTheOldOnesEnd() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        Future<Integer> old = executor.submit(() -> {
            go.await();
            return 1;
        });
        executor.shutdown();
        assertTrue(executor.isShutdown());
        assertFalse(executor.isTerminated());
        assertThrows(RejectedExecutionException.class, () -> executor.execute(() -> {}));
        assertThrows(RejectedExecutionException.class, () -> executor.submit(() -> 1));
        assertFalse(executor.awaitTermination(1, TimeUnit.MILLISECONDS));
        go.countDown();
        assertEquals(1, old.get());
        assertTrue(executor.awaitTermination(60, TimeUnit.SECONDS));
        assertTrue(executor.isTerminated());
        assertEquals(CPU, place.submit(ThreadAffinity::currentCpu).get());
    }

    @Test
    void viewsLiveAndEndEachByItself() throws Exception {
        ExecutorService other = place.executor();
        CountDownLatch begun = new CountDownLatch(2);
        AtomicBoolean otherInterrupted = new AtomicBoolean();
        CountDownLatch go = new CountDownLatch(1);
        Future<?> mine = executor.submit(never(begun));
        Future<?> others = other.submit(() -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                otherInterrupted.set(true);
            }
        });
        begun.await();
        assertEquals(List.of(), executor.shutdownNow());
        assertTrue(executor.awaitTermination(60, TimeUnit.SECONDS));
        assertInstanceOf(
                InterruptedException.class,
                assertThrows(ExecutionException.class, mine::get).getCause());
        assertFalse(others.isDone());
        assertFalse(other.isShutdown());
        go.countDown();
        other.close();
        assertTrue(others.isDone());
        assertFalse(otherInterrupted.get());
    }

    @Test
    void closeWaitsForItsTasks() {
        AtomicInteger ended = new AtomicInteger();
        ExecutorService view = place.executor();
        for (int i = 0; i < 50; i++) {
            view.execute(() -> {
                LockSupport.parkNanos(100_000);
                ended.incrementAndGet();
            });
        }
        view.close();
        assertEquals(50, ended.get());
    }

    @Test
    void aViewOfAClosedManagerRefusesAndCanStillBeClosed() {
        cores.close();
        RejectedExecutionException e = assertThrows(RejectedExecutionException.class, () -> executor.execute(() -> {}));
        assertTrue(String.valueOf(e.getMessage()).contains("'contract' has been shut down"), e.getMessage());
        executor.close();
        assertTrue(executor.isTerminated());
    }

    @Test
    void completableFuturesRunOnIt() {
        assertEquals(
                CPU,
                CompletableFuture.supplyAsync(ThreadAffinity::currentCpu, executor)
                        .join());
    }

    @Test
    void aTaskMayUseItsOwnView() throws Exception {
        assertEquals(
                CPU,
                executor.submit(() ->
                                executor.submit(ThreadAffinity::currentCpu).get())
                        .get());
    }
}
