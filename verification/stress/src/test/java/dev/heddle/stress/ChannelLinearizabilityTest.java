package dev.heddle.stress;

import dev.heddle.runtime.internal.channel.MpscChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The channel behaves as one queue, whatever its senders and its owner do at once. */
public class ChannelLinearizabilityTest {
    private final MpscChannel<Integer> channel = new MpscChannel<>();

    @Operation
    public void offer(int item) {
        channel.offer(item);
    }

    @Operation(nonParallelGroup = "owner")
    public @Nullable Integer poll() {
        return channel.poll();
    }

    @Operation(nonParallelGroup = "owner")
    public boolean isEmpty() {
        return channel.isEmpty();
    }

    /** What it is to behave like. */
    public static final class Specification {
        private final Queue<Integer> queue = new ArrayDeque<>();

        public void offer(int item) {
            queue.add(item);
        }

        public @Nullable Integer poll() {
            return queue.poll();
        }

        public boolean isEmpty() {
            return queue.isEmpty();
        }
    }

    @Test
    void everyInterleavingIsOneOfAQueue() {
        new ModelCheckingOptions()
                .threads(3)
                .actorsPerThread(3)
                .iterations(30)
                .invocationsPerIteration(1_000)
                .sequentialSpecification(Specification.class)
                .check(ChannelLinearizabilityTest.class);
    }

    @Test
    void everyExecutionIsOneOfAQueue() {
        new StressOptions()
                .threads(3)
                .actorsPerThread(3)
                .iterations(30)
                .invocationsPerIteration(1_000)
                .sequentialSpecification(Specification.class)
                .check(ChannelLinearizabilityTest.class);
    }
}
