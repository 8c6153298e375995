package dev.heddle.benchmarks;

import com.sun.jna.Native;
import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import net.openhft.affinity.Affinity;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost a thread to pin itself to the CPU that it is pinned to?
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
public class SetAffinity {
    /** JNA's direct mapping, its fastest. */
    static final class Jna {
        static {
            Native.register("c");
        }

        private Jna() {}

        static native int sched_setaffinity(int thread, long bytes, byte[] mask);
    }

    private final CpuSet set = CpuSet.of(ThreadAffinity.ofProcess().last());
    private final BitSet bits = new BitSet();
    private byte[] mask = {};

    /** Makes the same mask for everyone. */
    @Setup
    public void make() {
        bits.set(set.last());
        mask = new byte[set.last() / Long.SIZE * Long.BYTES + Long.BYTES];
        mask[set.last() / Byte.SIZE] = (byte) (1 << (set.last() % Byte.SIZE));
        if (jna() != 0) {
            throw new IllegalStateException("sched_setaffinity failed");
        }
    }

    /** Heddle: sets it, and reads it back. */
    @Benchmark
    public void heddle() {
        ThreadAffinity.set(set);
    }

    /** JNA: sets it. */
    @Benchmark
    public int jna() {
        return Jna.sched_setaffinity(0, mask.length, mask);
    }

    /** OpenHFT's Affinity: sets it. */
    @Benchmark
    public void openHft() {
        Affinity.setAffinity(bits);
    }
}
