package dev.heddle.stress;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.heddle.runtime.internal.channel.MpscChannel;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The channel behaves as one queue, whatever its senders and its owner do at once. */
@Param(name = "item", gen = IntGen.class, conf = "1:5")
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

    /** The channel, but with a push that is a look and a write. */
    @Param(name = "item", gen = IntGen.class, conf = "1:5")
    public static final class Weakened {
        private record Node(int item, @Nullable Node next) {}

        private volatile @Nullable Node inbox;

        @Operation
        public void offer(int item) {
            inbox = new Node(item, inbox);
        }

        @Operation(nonParallelGroup = "owner")
        public @Nullable Integer poll() {
            Node newest = inbox;
            if (newest == null) {
                return null;
            }
            Node rest = null;
            Node oldest = newest;
            for (Node node = newest; node.next() != null; node = node.next()) {
                rest = new Node(node.item(), rest);
                oldest = node.next();
            }
            Node kept = null;
            for (Node node = rest; node != null; node = node.next()) {
                kept = new Node(node.item(), kept);
            }
            inbox = kept;
            return oldest.item();
        }

        @Operation(nonParallelGroup = "owner")
        public boolean isEmpty() {
            return inbox == null;
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
    void aPushThatIsALookAndAWriteIsFoundOut() {
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
