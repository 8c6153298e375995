package dev.heddle.stress;

import dev.heddle.runtime.internal.queue.SharedRunQueue;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The shared queue behaves as one queue, for many on either side. */
@Param(name = "item", gen = IntGen.class, conf = "1:9")
public class SharedQueueLinearizabilityTest {
    private final SharedRunQueue<Integer> queue = new SharedRunQueue<>();

    @Operation
    public void offer(@Param(name = "item") int item) {
        queue.offer(item);
    }

    @Operation
    public @Nullable Integer poll() {
        return queue.poll();
    }

    @Operation
    public boolean isEmpty() {
        return queue.isEmpty();
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
                .check(SharedQueueLinearizabilityTest.class);
    }

    @Test
    void everyExecutionIsOneOfAQueue() {
        new StressOptions()
                .threads(3)
                .actorsPerThread(3)
                .iterations(30)
                .invocationsPerIteration(1_000)
                .sequentialSpecification(Specification.class)
                .check(SharedQueueLinearizabilityTest.class);
    }
}
