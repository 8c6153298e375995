package dev.heddle.benchmarks;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost a task to let the other one of its core run? Beside the JDK's scheduler with one carrier, and the bare
 * continuation, which is the floor under every virtual thread.
 *
 * <p>{@code ./heddle bench switch}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 700, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {
            Flags.NATIVE_ACCESS,
            Flags.OPEN_HOOK,
            Flags.HEAP,
            Flags.HEAP_AT_MOST,
            Flags.HEAP_TOUCHED,
            Flags.EXPORT_CONTINUATION
        })
@State(Scope.Benchmark)
public class Yield {
    private static final int YIELDS = 10_000;

    /** Who switches from one to the other. */
    public enum Switcher {
        /** A core. */
        HEDDLE(Venue.HEDDLE),
        /** Anywhere, in a manager with one core. */
        HEDDLE_ANY_ONE_CORE(Venue.HEDDLE_ANY_ONE_CORE),
        /** The JDK's scheduler, with one carrier. */
        JDK_ONE_CARRIER(Venue.JDK_ONE_CARRIER),
        /** A plain loop that runs virtual threads: what those cost above their continuations. */
        VIRTUAL_THREADS_ON_A_LOOP(Venue.VIRTUAL_THREADS_ON_A_LOOP),
        /** Nobody, and no virtual threads: the JDK's continuations on a pinned thread. The floor. */
        CONTINUATIONS(null);

        private final @Nullable Venue venue;

        Switcher(@Nullable Venue venue) {
            this.venue = venue;
        }
    }

    /** Who switches from one to the other. */
    @Param
    public Switcher venue = Switcher.HEDDLE;

    private Venue.@Nullable Place place;

    /** Opens the venue and has it run some tasks, or makes the calling thread one. */
    @Setup(Level.Trial)
    public void open() throws InterruptedException {
        if (venue.venue == null) {
            Venue.pinToLast();
        } else {
            place = venue.venue.open();
            ShortTasks.run(place.executor());
        }
    }

    /** Closes it. */
    @TearDown(Level.Trial)
    public void close() {
        if (place != null) {
            place.closing().run();
        }
    }

    /** Two that yield ten thousand times each; the time of each yield. */
    @Benchmark
    @OperationsPerInvocation(2 * YIELDS)
    public void two() throws Throwable {
        if (place != null) {
            twoTasks(place.executor());
        } else {
            twoContinuations();
        }
    }

    private static void twoTasks(Executor executor) throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(2);
        Runnable yielder = () -> {
            yieldAll();
            ended.countDown();
        };
        executor.execute(() -> {
            executor.execute(yielder);
            yielder.run();
        });
        ended.await();
    }

    private static void yieldAll() {
        for (int i = 0; i < YIELDS; i++) {
            Thread.yield();
        }
    }

    private static void twoContinuations() throws Throwable {
        Object first = Continuations.NEW.invokeExact(Continuations.SCOPE, (Runnable) Continuations::yieldAll);
        Object second = Continuations.NEW.invokeExact(Continuations.SCOPE, (Runnable) Continuations::yieldAll);
        for (int i = 0; i <= YIELDS; i++) {
            Continuations.RUN.invokeExact(first);
            Continuations.RUN.invokeExact(second);
        }
    }

    /** The JDK's continuations, which are not exported. */
    private static final class Continuations {
        static final MethodHandle NEW;
        static final MethodHandle RUN;
        static final MethodHandle YIELD;
        static final Object SCOPE;

        static {
            try {
                Class<?> scope = Class.forName("jdk.internal.vm.ContinuationScope");
                Class<?> continuation = Class.forName("jdk.internal.vm.Continuation");
                MethodHandles.Lookup lookup = MethodHandles.lookup();
                SCOPE = scope.getConstructor(String.class).newInstance("benchmark");
                NEW = lookup.findConstructor(continuation, MethodType.methodType(void.class, scope, Runnable.class))
                        .asType(MethodType.methodType(Object.class, Object.class, Runnable.class));
                RUN = lookup.findVirtual(continuation, "run", MethodType.methodType(void.class))
                        .asType(MethodType.methodType(void.class, Object.class));
                YIELD = lookup.findStatic(continuation, "yield", MethodType.methodType(boolean.class, scope))
                        .asType(MethodType.methodType(boolean.class, Object.class));
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        private static void yieldAll() {
            try {
                for (int i = 0; i < YIELDS; i++) {
                    if (!(boolean) YIELD.invokeExact(SCOPE)) {
                        throw new IllegalStateException("pinned");
                    }
                }
            } catch (Throwable t) {
                throw new AssertionError(t);
            }
        }
    }
}
