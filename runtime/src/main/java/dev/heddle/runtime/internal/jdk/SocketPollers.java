package dev.heddle.runtime.internal.jdk;

import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The scheduler of the JDK's socket pollers: virtual threads that ask the kernel which sockets are ready and wake who waits for
 * them. It has them run by a host, the cores of an open manager, and by the JDK's own scheduler while there is none.
 *
 * <p>All methods may be called from any thread, and none but {@link #start()} blocks.
 */
public final class SocketPollers implements Executor {
    /*
     * Why. A poller on the JDK's scheduler is on another kernel thread than the tasks that it wakes: each wake-up is a switch
     * from one thread to the other, two for a request to a server that has one CPU. On a core it is one more task in the
     * queue, and what it wakes there is next.
     *
     * The pollers are the JVM's, not a manager's: others' virtual threads rely on them. So only managers are hosts that hand
     * over a core which is held up (Scheduler says which), and from then on it is with them as with any work of theirs: the
     * monitor sees what waits in the global queue, or behind the task that holds the core.
     * They outlive their host: a continuation that is in its queues when it leaves is run there, for a core without a carrier
     * gets one when something comes; the next time the poller is woken it goes elsewhere. Nothing is in two queues: this
     * passes each continuation on once (INV-3).
     */
    private static final SocketPollers INSTANCE = new SocketPollers();

    private static final AtomicBoolean STARTED = new AtomicBoolean();

    private final @Nullable Executor jdkScheduler = VirtualThreadHook.jdkScheduler();

    /** In the order in which they came: the last one runs the pollers. */
    private final AtomicReference<List<Executor>> hosts = new AtomicReference<>(List.of());

    private SocketPollers() {}

    /** The one of this JVM. */
    public static SocketPollers instance() {
        return INSTANCE;
    }

    /**
     * Makes the JDK start its pollers, if it has not yet, and waits for that. Called by a platform thread that is not pinned: the JDK
     * starts others that inherit its mask. Only the first call does anything: later there may be a host, which may be busy.
     */
    static void start() throws InterruptedException {
        if (!STARTED.compareAndSet(false, true)) {
            return;
        }
        if (INSTANCE.jdkScheduler == null) {
            load();
            return;
        }
        Thread first = VirtualThreadHook.newThread(INSTANCE, "heddle-primer", SocketPollers::load);
        first.start(); // whose scheduler they inherit
        first.join();
    }

    /** Loading the class starts them. A JDK that has moved it starts them on first use, as it would have without us. */
    private static void load() {
        try {
            Class.forName("sun.nio.ch.Poller", true, null);
        } catch (ClassNotFoundException | LinkageError movedOrUnavailable) {
            // see above
        }
    }

    @Override
    public void execute(Runnable continuation) {
        List<Executor> now = hosts.get();
        Executor host = now.isEmpty() ? jdkScheduler : now.getLast();
        if (host == null) {
            throw new IllegalStateException("without the JDK's scheduler no poller has this one");
        }
        host.execute(continuation);
    }

    /** They run there from now on. */
    public void enter(Executor host) {
        hosts.updateAndGet(now -> Stream.concat(now.stream(), Stream.of(host)).toList());
    }

    /** They run there no longer, if they did. */
    public void leave(Executor host) {
        hosts.updateAndGet(
                now -> now.stream().filter(each -> !each.equals(host)).toList());
    }
}
