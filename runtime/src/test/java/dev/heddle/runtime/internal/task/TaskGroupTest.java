package dev.heddle.runtime.internal.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.runtime.OverflowPolicy;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

final class TaskGroupTest {
    private final AtomicInteger quiescent = new AtomicInteger();
    private final TaskGroup group = new TaskGroup(Stripes.ONE, quiescent::incrementAndGet);

    @Test
    void anOpenGroupIsNeverQuiescent() {
        assertTrue(group.tryEnter());
        group.cancel();
        assertFalse(group.isQuiescent());
        assertEquals(0, quiescent.get());
    }

    /** Whoever decides may be a virtual thread that waits for the very carrier. */
    @Test
    void whoWaitsForADecisionIsNotInTheWayOfIt() throws InterruptedException {
        assumeTrue(VirtualThreadHook.obstacle() == null, VirtualThreadHook::obstacle);
        Queue<Runnable> runnable = new ConcurrentLinkedQueue<>();
        AtomicBoolean entered = new AtomicBoolean();
        VirtualThreadHook.newThread(runnable::add, "decides", () -> {
                    assertTrue(group.suspendIfIdle());
                    Thread.yield();
                    group.reopen();
                })
                .start();
        VirtualThreadHook.newThread(runnable::add, "sends", () -> entered.set(group.tryEnter()))
                .start();
        Thread carrier = Thread.ofPlatform().daemon().start(() -> {
            Runnable next;
            while ((next = runnable.poll()) != null) {
                next.run();
            }
        });
        assertTrue(carrier.join(Duration.ofSeconds(30)), "the sender keeps the carrier from who decides");
        assertTrue(entered.get());
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
        group.cancel();
        assertFalse(group.isQuiescent());
        assertFalse(group.await(0));
        group.cancel();
        assertTrue(group.isQuiescent());
        assertTrue(group.await(0));
        assertEquals(1, quiescent.get());
    }

    @Test
    void aLateEntryIsLetInAndWaitedFor() throws Exception {
        group.close();
        group.enterLate();
        assertFalse(group.isQuiescent());
        assertFalse(group.await(0));
        Thread.ofVirtual().start(group::cancel);
        assertTrue(group.await(TimeUnit.SECONDS.toNanos(60)));
        assertTrue(group.isQuiescent());
        assertEquals(2, quiescent.get());
    }

    @Test
    void aLateTaskBeginsInABookThatIsClosed() {
        group.close();
        group.enterLate();
        TaskGroup.Member late = new TaskGroup.Member();
        group.begin(late);
        assertEquals(1, group.live());
        assertFalse(group.isQuiescent());
        group.end(late, false);
        assertTrue(group.isQuiescent());
        assertEquals(2, quiescent.get());
        assertEquals(0, group.live());
    }

    /** What a book has is taken over once. */
    @Test
    void aSecondCloseIsNotTheEndOfATaskThatIsInside() {
        TaskGroup.Member ended = new TaskGroup.Member();
        group.tryEnter();
        group.begin(ended);
        group.end(ended, false);
        TaskGroup.Member inside = new TaskGroup.Member();
        group.tryEnter();
        group.begin(inside);
        assertTrue(group.close());
        assertFalse(group.close());
        assertFalse(group.isQuiescent());
        group.end(inside, false);
        assertTrue(group.isQuiescent());
        assertEquals(1, quiescent.get());
    }

    /** Nobody who was let in is still inside when the group says that it has ended. */
    @RepeatedTest(20)
    void everyAdmittedTaskHasLeftWhenTheGroupIsQuiescent() throws InterruptedException {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger insideAtTheEnd = new AtomicInteger(-1);
        TaskGroup raced = new TaskGroup(stripes(2), () -> insideAtTheEnd.set(inside.get()));
        CountDownLatch busy = new CountDownLatch(600);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                while (raced.tryEnter()) {
                    TaskGroup.Member member = new TaskGroup.Member();
                    inside.incrementAndGet();
                    raced.begin(member);
                    inside.decrementAndGet();
                    raced.end(member, false);
                    busy.countDown();
                }
            }));
        }
        busy.await();
        raced.close();
        for (Thread thread : threads) {
            thread.join();
        }
        assertTrue(raced.isQuiescent());
        assertEquals(0, insideAtTheEnd.get());
        assertEquals(0, raced.live());
    }

    /** Some end before the group is closed, some after, one never begins, and each is in a book of its own. */
    @Test
    void tasksOfSeveralBooksAreOneGroup() {
        TaskGroup spread = new TaskGroup(stripes(4), quiescent::incrementAndGet);
        List<TaskGroup.Member> members = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            members.add(new TaskGroup.Member());
            spread.tryEnter();
            spread.begin(members.get(i));
        }
        spread.tryEnter();
        assertEquals(5, spread.live());
        assertFalse(spread.suspendIfIdle());
        spread.end(members.get(0), true);
        spread.end(members.get(1), false);
        spread.close();
        assertEquals(3, spread.live());
        spread.cancel();
        spread.end(members.get(2), false);
        assertFalse(spread.isQuiescent());
        assertEquals(1, spread.live());
        spread.end(members.get(3), false);
        assertTrue(spread.isQuiescent());
        assertEquals(1, quiescent.get());
        assertEquals(0, spread.live());
        assertEquals(new TaskGroup.Counts(4, 4, 1), spread.counts());
    }

    @Test
    void aGroupWhoseTasksHaveAllGoneCanBeSuspended() {
        TaskGroup spread = new TaskGroup(stripes(2), () -> {});
        for (int i = 0; i < 3; i++) {
            TaskGroup.Member member = new TaskGroup.Member();
            spread.tryEnter();
            spread.begin(member);
            spread.end(member, false);
        }
        spread.tryEnter();
        spread.cancel();
        assertTrue(spread.suspendIfIdle());
        spread.reopen();
        assertTrue(spread.tryEnter());
    }

    /** A walk takes a few at a time: it sees all that stay, whoever comes and goes meanwhile, and leaves nothing behind. */
    @RepeatedTest(20)
    void aWalkSeesAllThatAreLiveAllTheWhile() throws InterruptedException {
        int staying = 300;
        CountDownLatch begun = new CountDownLatch(staying);
        CountDownLatch end = new CountDownLatch(1);
        List<Thread> stayers = new ArrayList<>();
        for (int i = 0; i < staying; i++) {
            stayers.add(Thread.ofVirtual().start(() -> {
                TaskGroup.Member member = new TaskGroup.Member();
                group.begin(member);
                begun.countDown();
                try {
                    end.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                group.end(member, false);
            }));
        }
        begun.await();
        AtomicBoolean stop = new AtomicBoolean();
        List<Thread> others = new ArrayList<>();
        others.add(Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                TaskGroup.Member member = new TaskGroup.Member();
                group.begin(member);
                group.end(member, false);
            }
        }));
        others.add(Thread.ofPlatform().start(() -> {
            boolean somebody = true;
            while (!stop.get() && somebody) {
                somebody = group.threads().findAny().isPresent();
            }
        }));
        for (int i = 0; i < 50; i++) {
            List<Thread> seen = group.threads().toList();
            assertTrue(seen.containsAll(stayers));
            assertTrue(seen.size() <= staying + 1, "each once, and the one that comes and goes");
        }
        stop.set(true);
        end.countDown();
        for (Thread thread : others) {
            thread.join();
        }
        for (Thread thread : stayers) {
            thread.join();
        }
        assertEquals(List.of(), group.threads().toList());
        assertEquals(group.counts().started(), group.counts().ended());
    }

    /** The interrupt reaches a task whether it began before, while or after all were interrupted. */
    @RepeatedTest(200)
    void noTaskEscapesInterruptAll() throws InterruptedException {
        TaskPlace place = placeWith(new Admission("core 0", Admission.UNBOUNDED, OverflowPolicy.BLOCK), stripes(2));
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
        TaskGroup.Member first = new TaskGroup.Member();
        group.tryEnter();
        group.begin(first);
        TaskGroup.Member second = new TaskGroup.Member();
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
        TaskPlace place = placeWith(places, Stripes.ONE);
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
    private static TaskPlace placeWith(Admission admission, Stripes stripes) {
        ThreadMaker none = new ThreadMaker() {
            @Override
            public Thread make(@Nullable String name, Task task) {
                throw new AssertionError("nothing is started here");
            }

            @Override
            public Thread makeForFactory(@Nullable String name, Task task) {
                throw new AssertionError("nothing is started here");
            }

            @Override
            public Consumer<Thread> starter(String place, Supplier<Stream<Thread>> live) {
                return Thread::start;
            }
        };
        return new TaskPlace("core 0", admission, null, none, stripes, () -> {});
    }

    /** Gives the books out in turn. */
    private static Stripes stripes(int count) {
        AtomicInteger next = new AtomicInteger();
        return new Stripes(count, next::getAndIncrement);
    }
}
