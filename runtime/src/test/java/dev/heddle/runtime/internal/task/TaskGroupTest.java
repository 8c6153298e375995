package dev.heddle.runtime.internal.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.runtime.OverflowPolicy;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

final class TaskGroupTest {
    private final AtomicInteger quiescent = new AtomicInteger();
    private final TaskGroup group = new TaskGroup(quiescent::incrementAndGet);

    @Test
    void anOpenGroupIsNeverQuiescent() {
        assertTrue(group.tryEnter());
        group.leave();
        assertFalse(group.isQuiescent());
        assertEquals(0, quiescent.get());
    }

    @Test
    void closingAnEmptyGroupIsTheEnd() throws InterruptedException {
        assertTrue(group.close());
        assertTrue(group.isQuiescent());
        assertEquals(1, quiescent.get());
        assertFalse(group.close());
        assertTrue(group.isQuiescent());
        assertFalse(group.tryEnter());
        assertTrue(group.await(0));
    }

    @Test
    void theLastTaskToLeaveAClosedGroupIsTheEnd() throws InterruptedException {
        group.tryEnter();
        group.tryEnter();
        group.close();
        assertEquals(2, group.live());
        group.leave();
        assertFalse(group.isQuiescent());
        assertFalse(group.await(0));
        group.leave();
        assertTrue(group.isQuiescent());
        assertTrue(group.await(0));
        assertEquals(1, quiescent.get());
    }

    @Test
    void aLateEntryIsLetInAndWaitedFor() {
        group.close();
        group.enterLate();
        assertFalse(group.isQuiescent());
        group.leave();
        assertTrue(group.isQuiescent());
        assertEquals(2, quiescent.get());
    }

    /** Nobody who was let in is still inside when the group says that it has ended. */
    @RepeatedTest(20)
    void everyAdmittedTaskHasLeftWhenTheGroupIsQuiescent() throws InterruptedException {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger insideAtTheEnd = new AtomicInteger(-1);
        TaskGroup raced = new TaskGroup(() -> insideAtTheEnd.set(inside.get()));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                while (raced.tryEnter()) {
                    inside.incrementAndGet();
                    inside.decrementAndGet();
                    raced.leave();
                }
            }));
        }
        raced.close();
        for (Thread thread : threads) {
            thread.join();
        }
        assertTrue(raced.isQuiescent());
        assertEquals(0, insideAtTheEnd.get());
    }

    /** The interrupt reaches a task whether it began before, while or after all were interrupted. */
    @RepeatedTest(200)
    void noTaskEscapesInterruptAll() throws InterruptedException {
        TaskPlace place = placeWith(new Admission("core 0", Admission.UNBOUNDED, OverflowPolicy.BLOCK));
        TaskGroup raced = place.tasks();
        AtomicInteger interrupted = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Runnable body = () -> {
                while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
                interrupted.incrementAndGet();
            };
            Task task = new Task(body, place, null);
            assertTrue(task.tryEnter());
            threads.add(Thread.ofPlatform().start(task));
        }
        raced.interruptAll();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(4, interrupted.get());
        assertEquals(new TaskGroup.Counts(4, 4, 0), raced.counts());
    }

    /** Overlapping tasks, each begun before the last one ended: an ended one must not keep its successors reachable. */
    @Test
    void anEndedTaskLetsGoOfTheOthers() throws Exception {
        TaskGroup.Member first = new TaskGroup.Member() {};
        group.tryEnter();
        group.begin(first);
        TaskGroup.Member second = new TaskGroup.Member() {};
        WeakReference<TaskGroup.Member> reference = new WeakReference<>(second);
        group.tryEnter();
        group.begin(second);
        group.end(first, false);
        group.end(second, false);
        second = first;
        for (int i = 0; i < 100 && reference.get() != null; i++) {
            System.gc();
        }
        assertNull(reference.get());
        assertSame(first, second);
    }

    /** A start that seems to fail and took place all the same: the task leaves once, whichever comes first. */
    @Test
    void aTaskLeavesOnceWhetherItsStartFailedBeforeItBeganOrAfter() {
        AtomicInteger ran = new AtomicInteger();
        Admission places = new Admission("core 0", 1, OverflowPolicy.REJECT);
        TaskPlace place = placeWith(places);
        Task cancelledFirst = new Task(ran::incrementAndGet, place, null);
        cancelledFirst.takePlace();
        assertTrue(cancelledFirst.tryEnter());
        cancelledFirst.cancelStart();
        cancelledFirst.run();
        assertEquals(0, ran.get());
        assertEquals(0, place.tasks().live());
        assertThrows(IllegalThreadStateException.class, cancelledFirst::enterAtStart);
        Task begunFirst = new Task(ran::incrementAndGet, place, null);
        begunFirst.takePlace();
        assertTrue(begunFirst.tryEnter());
        begunFirst.run();
        begunFirst.cancelStart();
        assertEquals(1, ran.get());
        assertEquals(0, place.tasks().live());
        places.acquire(); // there is still exactly one
        assertThrows(RejectedExecutionException.class, places::acquire);
    }

    /** A place for tasks that are run by the test itself. */
    private static TaskPlace placeWith(Admission admission) {
        ThreadMaker none = new ThreadMaker() {
            @Override
            public Thread make(@Nullable String name, Task task) {
                throw new AssertionError("nothing is started here");
            }

            @Override
            public Thread makeForFactory(@Nullable String name, Task task) {
                throw new AssertionError("nothing is started here");
            }
        };
        return new TaskPlace("core 0", admission, null, none, () -> {});
    }
}
