package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** INV-8: whatever a task throws, it ends alone. */
final class FailingTasksTest {
    private static final int CPU = ThreadAffinity.ofProcess().first();

    record Failure(String name, Runnable task, Class<? extends Throwable> thrown) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Failure> failures() {
        return Stream.of(
                new Failure(
                        "exception", () -> sneak(new IllegalStateException("on purpose")), IllegalStateException.class),
                new Failure(
                        "checked exception",
                        () -> sneak(new java.io.IOException("on purpose")),
                        java.io.IOException.class),
                new Failure("error of its own", () -> sneak(new Error("on purpose")), Error.class),
                new Failure("out of memory", FailingTasksTest::allocateTooMuch, OutOfMemoryError.class),
                new Failure("stack overflow", () -> recurse(1), StackOverflowError.class),
                new Failure(
                        "stack overflow after a suspension",
                        () -> {
                            Thread.yield();
                            recurse(1);
                        },
                        StackOverflowError.class));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aVirtualThreadThatThrowsEndsAlone(Failure failure) throws Exception {
        check(TaskMode.VIRTUAL, failure);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aPlatformThreadThatThrowsEndsAlone(Failure failure) throws Exception {
        check(TaskMode.PLATFORM, failure);
    }

    private static void check(TaskMode mode, Failure failure) throws Exception {
        ConcurrentLinkedQueue<Throwable> handled = new ConcurrentLinkedQueue<>();
        try (CoreManager cores = CoreManager.builder()
                .mode(mode)
                .cores(CpuSet.of(CPU))
                .uncaughtExceptionHandler((thread, thrown) -> handled.add(thrown))
                .start()) {
            Core core = cores.on(CPU);
            for (int i = 0; i < 3; i++) {
                core.start(failure.task()).join();
                assertEquals(CPU, core.submit(ThreadAffinity::currentCpu).get());
            }
            CoreStatistics statistics = core.statistics();
            assertEquals(3, statistics.failed());
            Waiting.until("the six have left the books", () -> core.statistics().ended() == 6);
        }
        assertEquals(
                List.of(failure.thrown(), failure.thrown(), failure.thrown()),
                handled.stream().map(Throwable::getClass).toList());
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aHandlerThatThrowsHarmsNobody(TaskMode mode) throws Exception {
        try (CoreManager cores = CoreManager.builder()
                .mode(mode)
                .cores(CpuSet.of(CPU))
                .uncaughtExceptionHandler((thread, thrown) -> sneak(new Error("the handler's, on purpose")))
                .start()) {
            cores.on(CPU)
                    .start(() -> sneak(new Error("the task's, on purpose")))
                    .join();
            assertEquals(CPU, cores.on(CPU).submit(ThreadAffinity::currentCpu).get());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void aHandlerThatTheTaskSetsItselfIsTheOneThatIsCalled(TaskMode mode) throws Exception {
        AtomicInteger own = new AtomicInteger();
        AtomicInteger managers = new AtomicInteger();
        try (CoreManager cores = CoreManager.builder()
                .mode(mode)
                .cores(CpuSet.of(CPU))
                .uncaughtExceptionHandler((thread, thrown) -> managers.incrementAndGet())
                .start()) {
            cores.on(CPU)
                    .start(() -> {
                        Thread.currentThread().setUncaughtExceptionHandler((thread, thrown) -> own.incrementAndGet());
                        sneak(new Error("on purpose"));
                    })
                    .join();
        }
        assertEquals(1, own.get());
        assertEquals(0, managers.get());
    }

    /** Throws anything, declared or not. */
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> void sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    private static void allocateTooMuch() {
        long[][] hoard = new long[64][];
        for (int i = 0; i < hoard.length; i++) {
            hoard[i] = new long[Integer.MAX_VALUE - 8];
        }
        assertTrue(hoard.length > 0);
    }

    private static int recurse(int depth) {
        return depth == 0 ? 0 : recurse(depth + 1) + 1;
    }

    /** The handler is part of the task: who waits for the manager waits for it. */
    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void closeWaitsForTheHandlers(TaskMode mode) {
        AtomicInteger handled = new AtomicInteger();
        try (CoreManager cores = CoreManager.builder()
                .mode(mode)
                .cores(CpuSet.of(CPU))
                .uncaughtExceptionHandler((thread, thrown) -> {
                    LockSupport.parkNanos(5_000_000);
                    handled.incrementAndGet();
                })
                .start()) {
            for (int i = 0; i < 5; i++) {
                cores.on(CPU).start(() -> sneak(new Error("on purpose")));
            }
        }
        assertEquals(5, handled.get());
    }

    @ParameterizedTest
    @MethodSource("pinFailures")
    void aPlatformThreadThatCannotBePinnedFailsItsTaskAndIsNotWaitedForInVain(Throwable failure) throws Exception {
        AtomicBoolean gone = new AtomicBoolean();
        CoreManager cores = CoreManager.builder()
                .mode(TaskMode.PLATFORM)
                .cores(CpuSet.of(CPU))
                .uncaughtExceptionHandler((thread, thrown) -> {})
                .pinning(cpu -> {
                    if (gone.get()) {
                        sneak(failure);
                    }
                })
                .start();
        gone.set(true);
        Future<?> future = cores.on(CPU).submit(() -> 1);
        assertEquals(
                failure, assertThrows(ExecutionException.class, future::get).getCause());
        cores.on(CPU).start(() -> {
            throw new AssertionError("ran on the wrong CPU");
        });
        cores.close();
        assertEquals(2, cores.statistics().getFirst().failed());
    }

    private static Stream<Throwable> pinFailures() {
        return Stream.of(new IllegalStateException("CPU gone"), new OutOfMemoryError("on purpose"));
    }

    /** A sender at the end of its stack loses its own call; the core finds what it left, within a second. */
    @Test
    void aSenderWhoseStackOverflowsLeavesTheCoreAlive() throws Exception {
        CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(CpuSet.of(CPU))
                .idleStrategy(IdleStrategy.park())
                .start();
        for (int i = 0; i < 40; i++) {
            Thread sender = Thread.ofPlatform().start(() -> {
                try {
                    sendDeeper(cores.on(CPU));
                } catch (StackOverflowError expected) {
                    // at some depth of the call
                }
            });
            sender.join();
            assertEquals(CPU, cores.on(CPU).submit(ThreadAffinity::currentCpu).get(60, TimeUnit.SECONDS));
        }
        // A start that was cut short may be counted as live for ever: such a manager is closed with a deadline.
        cores.closeWithin(Duration.ofSeconds(1), Duration.ZERO);
    }

    @SuppressWarnings("InfiniteRecursion") // that is the point
    private static void sendDeeper(Core core) {
        core.start(() -> {});
        sendDeeper(core);
    }
}
