package dev.heddle.runtime.internal.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.FieldLayout;
import org.openjdk.jol.vm.VM;

final class TaskBookTest {
    private static final long TWO_LINES = 128;

    private static final int PART = 64;

    /** In spins: the kernel is asked some times. */
    private static final int LONG_WAIT = 1024;

    /** What the owner writes for each task is two cache lines from what lies beside the book. */
    @Test
    void aBookIsAloneOnItsLines() {
        ClassLayout layout = ClassLayout.parseClass(TaskBook.class);
        List<String> words = Arrays.stream(TaskBookWords.class.getDeclaredFields())
                .map(field -> field.getName())
                .toList();
        List<FieldLayout> found = layout.fields().stream()
                .filter(field -> words.contains(field.name()))
                .toList();
        assertTrue(!words.isEmpty() && found.size() == words.size(), layout::toPrintable);
        for (FieldLayout word : found) {
            assertTrue(word.offset() >= TWO_LINES, layout::toPrintable);
            assertTrue(layout.instanceSize() - word.offset() - word.size() >= TWO_LINES, layout::toPrintable);
        }
    }

    /**
     * Who has the lock may wait for the very CPU, which a task that suspended would leave to the next task: it stays mounted
     * and lets the kernel choose.
     */
    @Test
    void aTaskThatWaitsForABookIsNotSuspended() throws InterruptedException {
        assumeTrue(VirtualThreadHook.obstacle() == null, VirtualThreadHook::obstacle);
        assumeTrue(
                Arrays.stream(Thread.class.getDeclaredMethods())
                        .anyMatch(method -> method.getName().equals("yield0")),
                "this JDK has no Thread.yield0");
        Queue<Runnable> handed = new ConcurrentLinkedQueue<>();
        Thread waiter = VirtualThreadHook.newThread(handed::add, "waiter", () -> {
            int spins = 0;
            while (spins < LONG_WAIT) {
                spins = TaskBook.pause(spins);
            }
        });
        waiter.start();
        Thread carrier = Thread.ofPlatform().start(handed.remove());
        carrier.join();
        assertEquals(List.of(), List.copyOf(handed));
        assertEquals(Thread.State.TERMINATED, waiter.getState());
    }

    /** A part of a walk is bounded, however many come behind. */
    @Test
    void aFetchCountsNoMoreThanAPart() {
        TaskGroup.Member place = new TaskGroup.Member();
        TaskGroup.Member last = place;
        for (int members = 0; members <= 2 * PART; members++) {
            assertEquals(Math.min(members, PART), TaskBook.fetch(place));
            last.next = new TaskGroup.Member();
            last = last.next;
        }
    }

    /** A parked task has it beside the JDK's thread and stack. Another byte is free, another reference is eight more. */
    @Test
    void aTaskTakesFortyBytes() {
        assumeTrue(VM.current().sizeOfField("java.lang.Object") == Integer.BYTES, "references are compressed");
        ClassLayout layout = ClassLayout.parseClass(Task.class);
        assertEquals(40, layout.instanceSize(), layout::toPrintable);
    }
}
