package dev.heddle.runtime.internal.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MpscChannelTest {
    private record Item(int sender, int number) {}

    @Test
    void whatIsSentComesOutInOrder() {
        MpscChannel<Integer> channel = new MpscChannel<>();
        assertTrue(channel.isEmpty());
        assertNull(channel.poll());
        for (int i = 0; i < 5; i++) {
            channel.offer(i);
        }
        assertFalse(channel.isEmpty());
        assertEquals(0, channel.poll());
        assertEquals(1, channel.poll());
        channel.offer(5);
        for (int i = 2; i <= 5; i++) {
            assertEquals(i, channel.poll());
        }
        assertTrue(channel.isEmpty());
        assertNull(channel.poll());
    }

    @Test
    void theOwnerCanAskWhetherThereIsANextOne() {
        MpscChannel<Integer> channel = new MpscChannel<>(2, 0);
        for (int i = 0; i < 5; i++) { // at the ends of segments and within
            assertFalse(channel.hasNext());
            channel.offer(i);
            assertTrue(channel.hasNext());
            assertEquals(i, channel.poll());
        }
        assertFalse(channel.hasNext());
    }

    @Test
    void theOrderIsKeptWhereTheOwnerCatchesUpAgainAndAgain() {
        MpscChannel<Integer> channel = new MpscChannel<>(2, 0);
        int sent = 0;
        int received = 0;
        for (int burst = 1; burst <= 20; burst++) {
            assertNull(channel.poll()); // the next one comes by the direct slot, those behind it by segments
            for (int i = 0; i < burst % 5 + 1; i++) {
                channel.offer(sent++);
            }
            assertEquals(received++, channel.poll());
            channel.offer(sent++);
            assertEquals(sent - received, channel.depth());
            while (received < sent) {
                assertTrue(channel.hasNext());
                assertFalse(channel.isEmpty());
                assertEquals(received++, channel.poll());
            }
            assertFalse(channel.hasNext());
            assertTrue(channel.isEmpty());
        }
        assertEquals(5, channel.highestDepth());
    }

    @Test
    void whatIsSentToAnOwnerThatHasFoundNothingTakesNoSlotOfASegment() throws ReflectiveOperationException {
        MpscChannel<Integer> channel = new MpscChannel<>(4, 0);
        channel.offer(0);
        assertEquals(1, claimed(channel), "closed at first");
        assertEquals(0, channel.poll());
        for (int i = 0; i < 3; i++) {
            assertNull(channel.poll());
            channel.offer(i);
            assertEquals(1, claimed(channel), "open");
            assertEquals(i, channel.poll());
        }
        channel.offer(3);
        channel.offer(4);
        assertEquals(2, claimed(channel), "filled by the first of the two");
        assertEquals(3, channel.poll());
        channel.offer(5);
        assertEquals(3, claimed(channel), "closed, for something was behind it");
        assertEquals(4, channel.poll());
        assertEquals(5, channel.poll());
        claimSlot(channel);
        assertNull(channel.poll()); // closes that slot
        channel.offer(6);
        assertEquals(4, claimed(channel), "open again");
        assertEquals(6, channel.poll());
        claimSlot(channel); // beyond the end
        channel.offer(7);
        assertEquals(7, channel.poll());
        assertNull(channel.poll());
        channel.offer(8);
        assertEquals(1, claimed(channel), "open in the second segment");
        assertEquals(8, channel.poll());
    }

    private static int claimed(MpscChannel<?> channel) throws ReflectiveOperationException {
        Object segment = firstSegment(channel);
        return claimedOf(segment).getInt(segment);
    }

    /** The first of the two steps of a sender that loses its CPU before the second. */
    private static void claimSlot(MpscChannel<?> channel) throws ReflectiveOperationException {
        Object segment = firstSegment(channel);
        Field claimed = claimedOf(segment);
        claimed.setInt(segment, claimed.getInt(segment) + 1);
    }

    private static Object firstSegment(MpscChannel<?> channel) throws ReflectiveOperationException {
        Field first = MpscChannel.class.getDeclaredField("first");
        first.setAccessible(true);
        return first.get(channel);
    }

    private static Field claimedOf(Object segment) throws ReflectiveOperationException {
        Field claimed = segment.getClass().getDeclaredField("claimed");
        claimed.setAccessible(true);
        return claimed;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 8})
    void aSenderThatHasStoppedInTheMiddleHidesNobodysItem(int slots) throws ReflectiveOperationException {
        MpscChannel<String> channel = new MpscChannel<>(slots, 0);
        channel.offer("before");
        assertEquals("before", channel.poll());
        claimSlot(channel);
        assertFalse(channel.hasNext());
        channel.offer("behind");
        assertTrue(channel.hasNext());
        assertEquals("behind", channel.poll());
        assertFalse(channel.hasNext());
    }

    @Test
    void theDepthCountsWhatWaits() {
        MpscChannel<Integer> channel = new MpscChannel<>(2, 0); // and so in three segments
        assertEquals(0, channel.depth());
        for (int i = 0; i < 4; i++) {
            channel.offer(i);
        }
        assertEquals(4, channel.depth());
        channel.poll();
        channel.offer(4);
        assertEquals(4, channel.depth());
        while (channel.poll() != null) {
            // to the end
        }
        assertEquals(0, channel.depth());
        assertEquals(4, channel.highestDepth());
    }

    @Test
    void nothingIsLostOrDoubledAndEachSendersOrderIsKept() throws InterruptedException {
        int senders = 4;
        int each = 200_000;
        MpscChannel<Item> channel = new MpscChannel<>();
        List<Thread> threads = new ArrayList<>();
        for (int sender = 0; sender < senders; sender++) {
            int self = sender;
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < each; i++) {
                    channel.offer(new Item(self, i));
                }
            }));
        }
        int[] next = new int[senders];
        for (int received = 0; received < senders * each; ) {
            Item item = channel.poll();
            if (item == null) {
                Thread.onSpinWait();
                continue;
            }
            assertEquals(next[item.sender()]++, item.number());
            received++;
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertNull(channel.poll());
        assertEquals(0, channel.depth());
    }
}
