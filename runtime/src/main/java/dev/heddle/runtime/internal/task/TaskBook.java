package dev.heddle.runtime.internal.task;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A list of live tasks and the counts of those that began and ended, under a spin lock, on cache lines of their own: the
 * owner of a core writes them for each task, and senders read what would lie beside them. The words, {@link #link} and
 * {@link #unlink} are for who holds the lock; {@link TaskGroup} says what may be done meanwhile.
 */
@SuppressWarnings("UnusedVariable")
final class TaskBook extends TaskBookWords {
    /** Who takes longer has been descheduled by the kernel, on this CPU perhaps: let it run. */
    private static final int SPINS_BEFORE_YIELD = 256;

    /** Some microseconds to fetch, where none of them is in the cache. */
    private static final int THREADS_AT_A_TIME = 64;

    private static final VarHandle LOCK =
            fieldVarHandle(MethodHandles.lookup(), "lock", VarHandle.class, TaskBookWords.class, int.class);

    private byte a000, a001, a002, a003, a004, a005, a006, a007, a008, a009, a010, a011, a012, a013, a014, a015;
    private byte a016, a017, a018, a019, a020, a021, a022, a023, a024, a025, a026, a027, a028, a029, a030, a031;
    private byte a032, a033, a034, a035, a036, a037, a038, a039, a040, a041, a042, a043, a044, a045, a046, a047;
    private byte a048, a049, a050, a051, a052, a053, a054, a055, a056, a057, a058, a059, a060, a061, a062, a063;
    private byte a064, a065, a066, a067, a068, a069, a070, a071, a072, a073, a074, a075, a076, a077, a078, a079;
    private byte a080, a081, a082, a083, a084, a085, a086, a087, a088, a089, a090, a091, a092, a093, a094, a095;
    private byte a096, a097, a098, a099, a100, a101, a102, a103, a104, a105, a106, a107, a108, a109, a110, a111;
    private byte a112, a113, a114, a115, a116, a117, a118, a119, a120, a121, a122, a123, a124, a125, a126, a127;

    void lock() {
        int spins = 0;
        while (!LOCK.weakCompareAndSetAcquire(this, 0, 1)) { // pairs with the release in unlock()
            spins = pause(spins);
        }
    }

    void unlock() {
        LOCK.setRelease(this, 0);
    }

    /**
     * Waits a little for who has the lock of a book, and is never suspended meanwhile. Takes, and returns for the next call, how often it
     * has.
     */
    static int pause(int spins) {
        if ((spins + 1) % SPINS_BEFORE_YIELD == 0) {
            VirtualThreadHook.yieldCpu();
        } else {
            Thread.onSpinWait();
        }
        return spins + 1;
    }

    void link(TaskGroup.Member member) {
        insert(member, null, first);
        started++;
    }

    void unlink(TaskGroup.Member member, boolean hasFailed) {
        remove(member);
        member.thread = null;
        ended++;
        if (hasFailed) {
            failed++;
        }
    }

    private void insert(TaskGroup.Member member, TaskGroup.@Nullable Member previous, TaskGroup.@Nullable Member next) {
        member.previous = previous;
        member.next = next;
        if (previous == null) {
            first = member;
        } else {
            previous.next = member;
        }
        if (next != null) {
            next.previous = member;
        }
    }

    private void remove(TaskGroup.Member member) {
        TaskGroup.Member previous = member.previous;
        TaskGroup.Member next = member.next;
        if (previous == null) {
            first = next;
        } else {
            previous.next = next;
        }
        if (next != null) {
            next.previous = previous;
        }
        // Or a task that is still referred to would keep all that began after it, one through the other.
        member.previous = null;
        member.next = null;
    }

    /**
     * The threads of the tasks that are live when this is called and when it comes to them. Takes the lock itself, for a few
     * tasks at a time: a member without a thread keeps the place meanwhile. Who begins comes before all others.
     */
    List<Thread> threads() {
        List<Thread> threads = new ArrayList<>();
        Thread[] part = new Thread[THREADS_AT_A_TIME];
        TaskGroup.Member place = new TaskGroup.Member();
        lock();
        insert(place, null, first);
        unlock();
        try {
            boolean more;
            do {
                int fetched = fetch(place);
                lock();
                int taken = take(part, Math.max(1, fetched), place);
                more = place.next != null;
                unlock();
                threads.addAll(Arrays.asList(part).subList(0, taken));
            } while (more);
        } finally {
            lock();
            remove(place);
            unlock();
        }
        return threads;
    }

    /**
     * Walks the next part once without the lock, so that it is in the cache when it is taken. With the cache misses under the lock the
     * walker would have that most of the time, and so when the kernel takes the CPU from it. Plain reads in a race: a member that has
     * left ends this early, and no harm is done.
     *
     * @return how many there seem to be
     */
    static int fetch(TaskGroup.Member place) {
        int seen = 0;
        TaskGroup.Member next = place.next;
        while (next != null && seen <= THREADS_AT_A_TIME) { // and the one behind the part, which is written
            seen++;
            next = next.next;
        }
        return Math.min(seen, THREADS_AT_A_TIME);
    }

    /** Each call passes a task, where there is one, and none comes behind a place: so a walk ends. */
    private int take(Thread[] part, int most, TaskGroup.Member place) {
        int taken = 0;
        TaskGroup.Member last = null;
        TaskGroup.Member next = place.next;
        while (next != null && taken < most) {
            Thread thread = next.thread;
            if (thread != null) {
                part[taken++] = thread;
            }
            last = next;
            next = next.next;
        }
        if (last != null) {
            remove(place);
            insert(place, last, next);
        }
        return taken;
    }
}
