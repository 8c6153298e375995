package dev.heddle.stress;

import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.heddle.runtime.internal.queue.StealableRunQueue;
import dev.heddle.stress.weakened.UnversionedRing;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The ring behaves as one deque, whatever its owner and its thieves do at once. */
@Param(name = "item", gen = IntGen.class, conf = "1:9")
public class RunQueueLinearizabilityTest {
    private final StealableRunQueue<Integer> ring = new StealableRunQueue<>();

    @Operation(nonParallelGroup = "owner")
    public boolean offer(@Param(name = "item") int item) {
        return ring.offer(item);
    }

    @Operation(nonParallelGroup = "owner")
    public @Nullable Integer pollOldest() {
        return ring.pollOldest();
    }

    @Operation(nonParallelGroup = "owner")
    public @Nullable Integer pollNewest() {
        return ring.pollNewest();
    }

    @Operation
    public List<Integer> takeHalf() {
        @Nullable Object[] into = new @Nullable Object[StealableRunQueue.CAPACITY / 2];
        return integers(into, ring.takeHalf(into));
    }

    @Operation
    public boolean isEmpty() {
        return ring.isEmpty();
    }

    private static List<Integer> integers(@Nullable Object[] items, int count) {
        List<Integer> integers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            integers.add(items[i] instanceof Integer item ? item : -1);
        }
        return integers;
    }

    /** What it is to behave like. */
    public static final class Specification {
        private final ArrayDeque<Integer> deque = new ArrayDeque<>();

        public boolean offer(int item) {
            return deque.add(item);
        }

        public @Nullable Integer pollOldest() {
            return deque.pollFirst();
        }

        public @Nullable Integer pollNewest() {
            return deque.pollLast();
        }

        public List<Integer> takeHalf() {
            List<Integer> taken = new ArrayList<>();
            for (int i = deque.size() - deque.size() / 2; i > 0; i--) {
                taken.add(deque.removeFirst());
            }
            return taken;
        }

        public boolean isEmpty() {
            return deque.isEmpty();
        }
    }

    /** The ring, but with a word that has no version. */
    @Param(name = "item", gen = IntGen.class, conf = "1:9")
    public static final class Weakened {
        private final UnversionedRing ring = new UnversionedRing();

        @Operation(nonParallelGroup = "owner")
        public boolean offer(@Param(name = "item") int item) {
            return ring.offer(item);
        }

        @Operation(nonParallelGroup = "owner")
        public @Nullable Integer pollNewest() {
            return ring.pollNewest();
        }

        @Operation
        public List<Integer> takeHalf() {
            @Nullable Object[] into = new @Nullable Object[8];
            return integers(into, ring.takeHalf(into));
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
    void everyInterleavingIsOneOfADeque() {
        modelChecking().check(RunQueueLinearizabilityTest.class);
    }

    @Test
    void aWordWithoutAVersionIsFoundOut() {
        assertThrows(AssertionError.class, () -> modelChecking().iterations(100).check(Weakened.class));
    }

    @Test
    void everyExecutionIsOneOfADeque() {
        new StressOptions()
                .threads(3)
                .actorsPerThread(3)
                .iterations(30)
                .invocationsPerIteration(1_000)
                .sequentialSpecification(Specification.class)
                .check(RunQueueLinearizabilityTest.class);
    }
}
