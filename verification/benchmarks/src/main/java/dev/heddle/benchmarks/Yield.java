package dev.heddle.benchmarks;

import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
 * <p>{@code java -jar verification/benchmarks/target/benchmarks.jar Yield}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {
            Flags.NATIVE_ACCESS,
            Flags.OPEN_HOOK,
            Flags.EXPORT_CONTINUATION,
            Flags.ONE_JDK_CARRIER,
            Flags.ONE_JDK_CARRIER_AT_MOST
        })
@State(Scope.Benchmark)
public class Yield {
    private static final int YIELDS = 10_000;

    /** Where the two tasks yield to each other. */
    @Param({"HEDDLE", "HEDDLE_ANY_ONE_CORE", "JDK_VIRTUAL"})
    public Venue venue = Venue.HEDDLE;

    private Venue.Place place;

    /** Opens the venue. */
    @Setup(Level.Trial)
    public void open() {
        place = venue.open();
    }

    /** Closes it. */
    @TearDown(Level.Trial)
    public void close() {
        place.closing().run();
    }

    /** Two tasks, ten thousand yields each; the time of each. */
    @Benchmark
    @OperationsPerInvocation(2 * YIELDS)
    public void twoTasks() throws InterruptedException {
        CountDownLatch ended = new CountDownLatch(2);
        Runnable yielder = () -> {
            for (int i = 0; i < YIELDS; i++) {
                Thread.yield();
            }
            ended.countDown();
        };
        place.executor().execute(() -> {
            place.executor().execute(yielder);
            yielder.run();
        });
        ended.await();
    }

    /** The floors: the JDK's continuations, and its virtual threads, switched by a loop. */
    @State(Scope.Benchmark)
    @BenchmarkMode(Mode.AverageTime)
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    @Warmup(iterations = 3, time = 1)
    @Measurement(iterations = 5, time = 1)
    @Fork(
            value = 3,
            jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, Flags.EXPORT_CONTINUATION})
    public static class Floor {
        private static final MethodHandle NEW;
        private static final MethodHandle RUN;
        private static final MethodHandle YIELD;
        private static final Object SCOPE;

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

        /** Puts the thread where the venues are. */
        @Setup(Level.Trial)
        public void pin() {
            Venue.pinToLast();
        }

        /**
         * Two virtual threads whose scheduler is a queue of this thread's and a loop: what the JDK's virtual threads cost above
         * their continuations, whoever schedules them.
         */
        @Benchmark
        @OperationsPerInvocation(2 * YIELDS)
        public void twoVirtualThreads() {
            Queue<Runnable> runnable = new ArrayDeque<>();
            for (int i = 0; i < 2; i++) {
                VirtualThreadHook.newThread(runnable::add, null, () -> {
                            for (int j = 0; j < YIELDS; j++) {
                                Thread.yield();
                            }
                        })
                        .start();
            }
            Runnable next;
            while ((next = runnable.poll()) != null) {
                next.run();
            }
        }

        /** Two continuations, ten thousand yields each; the time of each. */
        @Benchmark
        @OperationsPerInvocation(2 * YIELDS)
        public void twoContinuations() throws Throwable {
            Object first = NEW.invokeExact(SCOPE, (Runnable) Floor::yields);
            Object second = NEW.invokeExact(SCOPE, (Runnable) Floor::yields);
            for (int i = 0; i <= YIELDS; i++) {
                RUN.invokeExact(first);
                RUN.invokeExact(second);
            }
        }

        private static void yields() {
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
