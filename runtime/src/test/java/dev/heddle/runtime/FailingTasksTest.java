package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
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
}
