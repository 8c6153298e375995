package dev.heddle.benchmarks;

import dev.heddle.runtime.internal.channel.MpscChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jctools.queues.MpscLinkedQueue;
import org.jctools.queues.MpscUnboundedArrayQueue;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.GroupThreads;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Control;

/**
 * What does a core's channel cost beside the queues it could have been? For who works on it: it is in no group of the suite.
 *
 * <p>{@code java -jar verification/benchmarks/target/benchmarks.jar Channel}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
@State(Scope.Group)
public class Channel {
    private static final Integer ITEM = 1;

    /** How far the senders may be ahead: without a bound the slower kinds would measure the collector. */
    private static final int MOST_AHEAD = 1_024;

    /** The queues compared. */
    public enum Kind {
        /** Ours. */
        HEDDLE,
        /** JCTools, linked arrays. */
        JCTOOLS_ARRAY,
        /** JCTools, one node an item. */
        JCTOOLS_LINKED,
        /** The JDK's, for many receivers too. */
        JDK
    }

    /** The queue compared. */
    @Param
    public Kind kind = Kind.HEDDLE;

    private MpscChannel<Integer> channel = new MpscChannel<>();
    private @Nullable Queue<Integer> queue;
    private volatile long sent;
    private volatile long received;

    /** Makes an empty queue. */
    @Setup(Level.Iteration)
    public void make() {
        channel = new MpscChannel<>();
        queue = switch (kind) {
            case HEDDLE -> null;
            case JCTOOLS_ARRAY -> new MpscUnboundedArrayQueue<>(256);
            case JCTOOLS_LINKED -> new MpscLinkedQueue<>();
            case JDK -> new ConcurrentLinkedQueue<>();
        };
        sent = 0;
        received = 0;
    }

    private void offer() {
        if (queue == null) {
            channel.offer(ITEM);
        } else {
            queue.add(ITEM);
        }
    }

    private @Nullable Integer poll() {
        return queue == null ? channel.poll() : queue.poll();
    }

    /** One thread that sends and receives: no contention. Through Heddle's segments: no poll finds nothing, which would open the direct slot. */
    @Benchmark
    @Group("alone")
    @GroupThreads(1)
    public @Nullable Integer alone() {
        offer();
        return poll();
    }

    /** The sender of a pair. */
    @Benchmark
    @Group("pair")
    @GroupThreads(1)
    @SuppressWarnings("NonAtomicVolatileUpdate") // one sender
    public void send(Control control) {
        while (sent - received > MOST_AHEAD && !control.stopMeasurement) {
            Thread.onSpinWait();
        }
        offer();
        sent++;
    }

    /** The receiver of a pair. */
    @Benchmark
    @Group("pair")
    @GroupThreads(1)
    @SuppressWarnings("NonAtomicVolatileUpdate") // one receiver
    public @Nullable Integer receive(Control control) {
        Integer item = poll();
        while (item == null && !control.stopMeasurement) {
            Thread.onSpinWait();
            item = poll();
        }
        received++;
        return item;
    }
}
