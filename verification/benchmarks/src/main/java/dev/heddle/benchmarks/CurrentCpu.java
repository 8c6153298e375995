package dev.heddle.benchmarks;

import com.sun.jna.Native;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.affinity.internal.generated.Libc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import net.openhft.affinity.Affinity;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to ask which CPU one is on?
 *
 * <p>{@code ./heddle bench affinity}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 800, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS})
@State(Scope.Thread)
public class CurrentCpu {
    /** JNA's direct mapping, its fastest. */
    static final class Jna {
        static {
            Native.register("c");
        }

        private Jna() {}

        static native int sched_getcpu();
    }

    /** A C function that does next to nothing: what any call from Java costs. */
    @SuppressWarnings("restricted")
    private static final MethodHandle ABS = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().find("abs").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                    Linker.Option.critical(false));

    /** In a loop of the benchmark's own, as in C: JMH's costs a good part of what such a call does. */
    private static final int CALLS = 1_000;

    private int number = -1;

    /** Heddle's call: the critical handle. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public int heddle() {
        int sum = 0;
        for (int i = 0; i < CALLS; i++) {
            sum += ThreadAffinity.currentCpu();
        }
        return sum;
    }

    /** The handle as jextract generates it, with a thread-state transition. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public int generatedHandle() {
        int sum = 0;
        for (int i = 0; i < CALLS; i++) {
            sum += Libc.sched_getcpu();
        }
        return sum;
    }

    /** A critical call of {@code abs}: the floor of such calls. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public int callFloor() throws Throwable {
        int sum = 0;
        for (int i = 0; i < CALLS; i++) {
            sum += (int) ABS.invokeExact(number);
        }
        return sum;
    }

    /** JNA. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public int jna() {
        int sum = 0;
        for (int i = 0; i < CALLS; i++) {
            sum += Jna.sched_getcpu();
        }
        return sum;
    }

    /** OpenHFT's Affinity. */
    @Benchmark
    @OperationsPerInvocation(CALLS)
    public int openHft() {
        int sum = 0;
        for (int i = 0; i < CALLS; i++) {
            sum += Affinity.getCpu();
        }
        return sum;
    }
}
