package dev.heddle.runtime.internal.task;

import dev.heddle.runtime.internal.padding.PaddedLong;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of one core, or of one executor view: admits them until it is closed, knows the live ones, tells when the
 * last one has left.
 *
 * <p>All methods may be called from any thread and none blocks but {@link #await}.
 */
public final class TaskGroup {
    /*
     * Two things are kept apart.
     *
     * The gate: two words, for tasks enter where they are sent and leave where they run, and one word would travel from CPU to CPU
     * twice for each. `entered` counts those that entered and says whether the group is open; `left` counts those that left.
     * Neither count ever falls, and `left` is never the larger one.
     *
     *     open           --tryEnter-->      open, entered + 1
     *     closed         --tryEnter-->      refused
     *     open, nobody   --suspendIfIdle--> suspended, whose tryEnter waits, until it is open again (reopen) or closed
     *     any            --close-->         closed
     *     closed, nobody --told-->          quiet: by the one compare-and-set whose thread calls onQuiescent
     *     any            --enterLate->      same but not quiet, entered + 1 (a thread of a factory enters when it is started)
     *
     * "Nobody" is entered == left. A step from there is a compare-and-set of `entered`, after a look at `entered` and then one at
     * `left`: if it succeeds nobody has entered since the first look, and all who had entered by then had left by the second.
     * The end is told by the last who leaves or by who closes: leave() counts and then looks at `closed`, close() writes
     * `closed` and then looks at the counts, all volatile, so that one of them sees the other (as in INV-5).
     *
     * The list: the tasks whose bodies run or are suspended, for interruptAll, and the counts for statistics. A spin lock
     * guards it (TaskBook): begin and end are called by the task itself, nearly always on its own core's carrier, so that a
     * core's is not contended but by shutdownNow and statistics. That of anywhere() is taken by all cores, for each task.
     * Nothing inside it suspends, allocates or calls out. A
     * java.util.concurrent lock would park the virtual thread; a concurrent set costs an entry for every parked task.
     *
     * interruptAll against begin: interruptAll sets `interrupted` before it takes the lock and walks the list; begin
     * links itself under the lock and then looks at `interrupted`. Either the walk sees the task, or the task's critical
     * section comes after the walk's and it sees the flag.
     */

    private static final long CLOSED = Long.MIN_VALUE;
    private static final long SUSPENDED = 1L << 62;
    private static final long QUIET = 1L << 61;
    private static final long COUNT = QUIET - 1;

    /** A lock that takes longer has a holder that the kernel has descheduled: let it run. */
    private static final int SPINS_BEFORE_YIELD = 256;

    /** One task's place in a group's list. */
    static class Member {
        private @Nullable Thread thread;
        private @Nullable Member previous;
        private @Nullable Member next;
    }

    private final Runnable onQuiescent;
    private final CountDownLatch quiescent = new CountDownLatch(1);

    private final PaddedLong entered = new PaddedLong();
    private final PaddedLong left = new PaddedLong();

    /** What `entered` says too: read by those who leave, whom the traffic of those who enter does not concern. */
    private volatile boolean closed;

    private volatile boolean interrupted;

    private final TaskBook book = new TaskBook();

    /**
     * Makes an open group.
     *
     * @param onQuiescent called at least once when the group is closed and its last task has left: by the thread that
     *     closed it or by that task. It must not block, and may be called again after a late entry
     */
    public TaskGroup(Runnable onQuiescent) {
        this.onQuiescent = onQuiescent;
    }

    /** Admits a task. Whoever was let in must {@link #leave()}. Returns false if the group is closed. */
    public boolean tryEnter() {
        int spins = 0;
        while (true) {
            long seen = entered.get();
            if (seen < 0) {
                return false;
            }
            if ((seen & SUSPENDED) == 0) {
                if (entered.compareAndSet(seen, seen + 1)) {
                    return true;
                }
            } else {
                spins = pause(spins); // the few instructions of somebody who decides about several groups at once
            }
        }
    }

    /** Lets in a task that was promised its place earlier, whether the group is closed now or not. */
    void enterLate() {
        long seen;
        do {
            seen = entered.get();
        } while (!entered.compareAndSet(seen, (seen & ~QUIET) + 1));
    }

    /** Ends what {@link #tryEnter()} began. */
    public void leave() {
        left.getAndAdd(1); // 1. count. Pairs with close()
        if (closed) { // 2. look
            tellIfQuiescent();
        }
    }

    /** Admits no more tasks. Those inside go on. Returns whether it was this call that closed the group. */
    public boolean close() {
        long before;
        do {
            before = entered.get();
        } while (!entered.compareAndSet(before, (before & ~SUSPENDED) | CLOSED));
        closed = true; // 1. say so. Pairs with leave()
        // 2. look; also if it was closed before, for a close that was cut short may have left this to the next one
        tellIfQuiescent();
        return before >= 0;
    }

    /** Holds up admission if nobody is inside, until {@link #reopen()} or {@link #close()}. Returns whether it does. */
    public boolean suspendIfIdle() {
        long seen = entered.get();
        return (seen & ~COUNT) == 0 && seen == left.get() && entered.compareAndSet(seen, seen | SUSPENDED);
    }

    /** Ends what {@link #suspendIfIdle()} began. */
    public void reopen() {
        entered.getAndBitwiseAnd(~SUSPENDED);
    }

    private void tellIfQuiescent() {
        long seen;
        do {
            seen = entered.get();
            if (seen >= 0 || (seen & QUIET) != 0 || (seen & COUNT) != left.get()) {
                return;
            }
        } while (!entered.compareAndSet(seen, seen | QUIET));
        quiescent.countDown();
        onQuiescent.run();
    }

    public boolean isClosed() {
        return entered.get() < 0;
    }

    /** Closed, and nobody inside. */
    public boolean isQuiescent() {
        long seen = entered.get();
        return seen < 0 && (seen & COUNT) == left.get();
    }

    /** Whether the group was ever closed with nobody inside. */
    public boolean hasBeenQuiescent() {
        return quiescent.getCount() == 0;
    }

    /** Tasks admitted and not ended: an estimate while they come and go, never negative. */
    public long live() {
        long gone = left.get();
        return (entered.get() & COUNT) - gone;
    }

    /** Waits until the group is closed and its last task has left. Returns false if the time ran out first. */
    public boolean await(long nanos) throws InterruptedException {
        return quiescent.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** The calling thread begins to run a task: it can be interrupted from now on, and is, if all others were. */
    void begin(Member member) {
        Thread thread = Thread.currentThread();
        member.thread = thread;
        lock();
        Member second = book.first;
        member.next = second;
        if (second != null) {
            second.previous = member;
        }
        book.first = member;
        book.members++;
        book.started++;
        book.unlock();
        if (interrupted) {
            thread.interrupt();
        }
    }

    /** The task that began is done. It still has to leave. */
    void end(Member member, boolean hasFailed) {
        lock();
        Member previous = member.previous;
        Member next = member.next;
        if (previous == null) {
            book.first = next;
        } else {
            previous.next = next;
        }
        if (next != null) {
            next.previous = previous;
        }
        // Or a task that is still referred to would keep all that began after it, one through the other.
        member.previous = null;
        member.next = null;
        member.thread = null;
        book.members--;
        book.ended++;
        if (hasFailed) {
            book.failed++;
        }
        book.unlock();
    }

    /** Interrupts every task that has begun, and every one that will begin. */
    public void interruptAll() {
        interrupted = true;
        // Outside the lock: interrupting runs code of others, such as the close of a channel that the task blocks on.
        for (Thread thread : threads()) {
            thread.interrupt();
        }
    }

    private List<Thread> threads() {
        while (true) {
            lock();
            int size = book.members;
            book.unlock();
            List<Thread> threads = new ArrayList<>(size); // not under the lock: it may have to wait for a collection
            lock();
            if (book.members <= size) {
                for (Member member = book.first; member != null; member = member.next) {
                    Thread thread = member.thread;
                    if (thread != null) {
                        threads.add(thread);
                    }
                }
                book.unlock();
                return threads;
            }
            book.unlock();
        }
    }

    /**
     * What has become of the tasks, read at one moment.
     *
     * @param started bodies that began
     * @param ended bodies that ended, in whatever way
     * @param failed those of them that threw
     */
    public record Counts(long started, long ended, long failed) {}

    /** Reads the counts. */
    public Counts counts() {
        lock();
        long startedNow = book.started;
        long endedNow = book.ended;
        long failedNow = book.failed;
        book.unlock();
        return new Counts(startedNow, endedNow, failedNow);
    }

    private void lock() {
        int spins = 0;
        while (!book.tryLock()) {
            spins = pause(spins);
        }
    }

    private static int pause(int spins) {
        if ((spins + 1) % SPINS_BEFORE_YIELD == 0) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
        return spins + 1;
    }
}
