package dev.heddle.runtime.internal.task;

import dev.heddle.runtime.internal.padding.PaddedLong;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The tasks of one place, or of one executor view: admits them until it is closed, knows the live ones, tells when the
 * last one has left.
 *
 * <p>All methods may be called from any thread and none blocks but {@link #await}.
 */
public final class TaskGroup {
    /*
     * Two things are kept apart: tasks enter where they are sent, and leave where they run.
     *
     * The gate: `entered` counts those that entered and says whether the group is open.
     *
     *     open           --tryEnter-->      open, entered + 1
     *     closed         --tryEnter-->      refused
     *     open, nobody   --suspendIfIdle--> suspended, whose tryEnter waits, until it is open again (reopen) or closed
     *     any            --close-->         closed
     *     closed, nobody --told-->          quiet: by the one compare-and-set whose thread calls onQuiescent
     *     any            --enterLate->      same but not quiet, entered + 1 (a factory's thread enters at its start)
     *
     * The books: the tasks whose bodies run or are suspended, for interruptAll, and how many have begun and ended. A task
     * begins and ends in the book that its thread is given as it begins (Stripes); a spin lock guards each. begin and end are
     * called by the task itself, mostly on the carrier whose book it is, so that the lock is seldom contended: by a task
     * that ends elsewhere, by the tasks of a place or view with fewer books than it has threads, by shutdownNow,
     * thread dumps and statistics. Nothing inside it suspends or allocates. A java.util.concurrent lock would park the
     * virtual thread; a concurrent set costs an entry for every parked task.
     *
     * "Nobody" is: as many have entered as have gone. Those that have gone are the `cancelled`, whose bodies never ran, and those that
     * ended, which stand in the books. A book is closed before the group is: in the section that adds its ended to
     * `endedInAll`. Who ends in a closed book adds itself. So once all books are closed `endedInAll` says all, and before that
     * it says too little, never too much. No count ever falls.
     *
     * A step from "nobody" is a compare-and-set of `entered`, after a look at `entered` and then one at those that have gone: if it
     * succeeds nobody has entered since the first look, and all who had entered by then had gone by the second.
     *
     * The end is not missed: a group that is closed has closed books, so that all who leave it count outside of them and then look
     * whether it is closed and they were the last; close() closes it and then looks at the counts. All of these are volatile, so
     * that one of the two sees the other (as in INV-5). A close that is cut short, by a stack that overflows, leaves the
     * group open, or closed and with nothing to do for the next one but to look.
     *
     * interruptAll against begin: interruptAll sets `interrupted` before it takes a book's lock and walks its list; begin
     * links itself under the lock and then looks at `interrupted`. Either the walk sees the task, or the task's critical
     * section comes after the walk's first and it sees the flag.
     */

    private static final long CLOSED = Long.MIN_VALUE;
    private static final long SUSPENDED = 1L << 62;
    private static final long QUIET = 1L << 61;
    private static final long COUNT = QUIET - 1;

    /** One task's place in a book's list. */
    public static class Member {
        @Nullable
        Thread thread;

        @Nullable
        Member previous;

        @Nullable
        Member next;

        /** Which book. Not a reference: a task has room for a byte. */
        private byte book;
    }

    private final Runnable onQuiescent;
    private final CountDownLatch quiescent = new CountDownLatch(1);
    private final Stripes stripes;
    private final TaskBook[] books;

    private final PaddedLong entered = new PaddedLong();
    private final PaddedLong endedInAll = new PaddedLong();
    private final AtomicLong cancelled = new AtomicLong();

    private volatile boolean interrupted;

    /**
     * Makes an open group.
     *
     * @param stripes how many books it has, and whose is whose
     * @param onQuiescent called at least once when the group is closed and its last task has left: by the thread that
     *     closed it or by that task. It must not block, and may be called again after a late entry
     */
    public TaskGroup(Stripes stripes, Runnable onQuiescent) {
        this.stripes = stripes;
        this.onQuiescent = onQuiescent;
        this.books = new TaskBook[stripes.count()];
        Arrays.setAll(books, i -> new TaskBook());
    }

    /** Admits a task, which must {@link #begin} and {@link #end}, or {@link #cancel}. Returns false if the group is closed. */
    public boolean tryEnter() {
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
                // Somebody decides about several groups at once, for milliseconds at most: a virtual thread, perhaps,
                // that waits for this carrier.
                Thread.yield();
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

    /** A task that entered will not begin. */
    public void cancel() {
        cancelled.getAndIncrement(); // 1. count. Pairs with close()
        tellIfQuiescent(); // 2. look
    }

    /**
     * Admits no more tasks. Those inside go on. Takes the lock of each book.
     *
     * @return whether it was this call that closed the group
     */
    public boolean close() {
        for (TaskBook book : books) {
            book.lock();
            try {
                if (!book.closed) {
                    endedInAll.getAndAdd(book.ended);
                    book.closed = true;
                }
            } finally {
                book.unlock(); // the stack may overflow in getAndAdd
            }
        }
        long before;
        do {
            before = entered.get();
        } while (!entered.compareAndSet(before, (before & ~SUSPENDED) | CLOSED)); // 1. say so
        // 2. look; also if it was closed before, for a close that was cut short may have left this to the next one
        tellIfQuiescent();
        return before >= 0;
    }

    /** Holds up admission if nobody is inside, until {@link #reopen()} or {@link #close()}. Returns whether it does. */
    public boolean suspendIfIdle() {
        long seen = entered.get();
        return (seen & ~COUNT) == 0 && seen == gone() && entered.compareAndSet(seen, seen | SUSPENDED);
    }

    /** Ends what {@link #suspendIfIdle()} began. */
    public void reopen() {
        entered.getAndBitwiseAnd(~SUSPENDED);
    }

    private void tellIfQuiescent() {
        long seen;
        do {
            seen = entered.get();
            if (seen >= 0 || (seen & QUIET) != 0 || (seen & COUNT) != cancelled.get() + endedInAll.get()) {
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
        return (entered.get() & QUIET) != 0;
    }

    /** How many tasks were ever admitted. */
    public long entered() {
        return entered.get() & COUNT;
    }

    /** Tasks admitted that have not gone: an estimate while they come and go, never negative. */
    public long live() {
        long gone = gone();
        return (entered.get() & COUNT) - gone;
    }

    /** How many of those that were ever admitted have ended, or were cancelled before they began. Never falls. */
    public long gone() {
        return cancelled.get() + counts().ended();
    }

    /** Waits until the group is closed and its last task has left. Returns false if the time ran out first. */
    public boolean await(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        if (!quiescent.await(nanos, TimeUnit.NANOSECONDS)) {
            return false;
        }
        while (!isQuiescent()) { // a factory's thread has come late: that it ends is told to nobody
            if (deadline - System.nanoTime() <= 0) {
                return false;
            }
            Thread.sleep(1);
        }
        return true;
    }

    /** The calling thread begins to run a task: it can be interrupted from now on, and is, if all others were. */
    public void begin(Member member) {
        Thread thread = Thread.currentThread();
        int index = stripes.index();
        member.thread = thread;
        member.book = (byte) index;
        TaskBook book = books[index];
        book.lock();
        book.link(member);
        book.unlock();
        if (interrupted) {
            thread.interrupt();
        }
    }

    /** The task that began is done, and leaves. */
    public void end(Member member, boolean hasFailed) {
        TaskBook book = books[member.book];
        book.lock();
        book.unlink(member, hasFailed);
        boolean closed = book.closed;
        book.unlock();
        if (closed) {
            endedInAll.getAndAdd(1); // 1. count. Pairs with close()
            tellIfQuiescent(); // 2. look
        }
    }

    /** Interrupts every task that has begun, and every one that will begin. */
    public void interruptAll() {
        interrupted = true;
        // Under no lock: it runs code of others, such as the close of a channel.
        threads().forEach(Thread::interrupt);
    }

    /** The threads of the tasks that have begun and not ended, of one book after the other. */
    public Stream<Thread> threads() {
        return Arrays.stream(books).flatMap(book -> book.threads().stream());
    }

    /**
     * What has become of the tasks. The three numbers of one book are of one moment.
     *
     * @param started bodies that began
     * @param ended bodies that ended, in whatever way
     * @param failed those of them that threw
     */
    public record Counts(long started, long ended, long failed) {}

    /** Reads the counts. */
    public Counts counts() {
        long started = 0;
        long ended = 0;
        long failed = 0;
        for (TaskBook book : books) {
            book.lock();
            started += book.started;
            ended += book.ended;
            failed += book.failed;
            book.unlock();
        }
        return new Counts(started, ended, failed);
    }
}
