package dev.heddle.stress;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.heddle.runtime.internal.channel.MpscChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The channel behaves as one queue, whatever its senders and its owner do at once. With segments of two, and an owner that closes
 * every slot that it finds claimed.
 */
@Param(name = "item", gen = IntGen.class, conf = "1:5")
public class ChannelLinearizabilityTest {
    private final MpscChannel<Integer> channel = new MpscChannel<>(2, 0);

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

    /** A channel whose owner passes a slot that is claimed and not filled, without the sender finding that. */
    @Param(name = "item", gen = IntGen.class, conf = "1:5")
    public static final class Weakened {
        private final AtomicReferenceArray<@Nullable Integer> slots = new AtomicReferenceArray<>(64);
        private final AtomicInteger claimed = new AtomicInteger();
        private int passed;

        @Operation
        public void offer(int item) {
            slots.set(claimed.getAndIncrement(), item);
        }

        @Operation(nonParallelGroup = "owner")
        public @Nullable Integer poll() {
            while (passed < claimed.get()) {
                Integer item = slots.get(passed++);
                if (item != null) {
                    return item;
                }
            }
            return null;
        }
    }

    private static ModelCheckingOptions modelChecking() {
        return new ModelCheckingOptions()
                .threads(3)
                .actorsPerThread(3)
                .iterations(30)
                .invocationsPerIteration(1_000)
                .sequentialSpecification(Specification.class);
    }

    @Test
    void everyInterleavingIsOneOfAQueue() {
        modelChecking().check(ChannelLinearizabilityTest.class);
    }

    @Test
    void anOwnerThatPassesASlotWithoutClosingItIsFoundOut() {
        assertThrows(AssertionError.class, () -> modelChecking().check(Weakened.class));
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
