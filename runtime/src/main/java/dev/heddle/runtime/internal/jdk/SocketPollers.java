package dev.heddle.runtime.internal.jdk;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
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
        pollerOf(() -> {}); // looks for what that takes here, and not in a task
    }

    /** Loading the class starts them. A JDK that has moved it starts them on first use, as it would have without us. */
    private static void load() {
        try {
            Class.forName("sun.nio.ch.Poller", true, null);
        } catch (ClassNotFoundException | LinkageError movedOrUnavailable) {
            // see above
        }
    }

    /** The poller whose continuation this is, or null if it is none or cannot be asked here. */
    public static @Nullable SocketPoller pollerOf(Runnable continuation) {
        if (Asking.POLL == null) {
            return null;
        }
        Thread thread = VirtualThreadHook.threadOf(continuation);
        return thread == null ? null : Asking.POLLERS.computeIfAbsent(thread, Asking::find);
    }

    /**
     * What it takes to ask a poller from outside: {@code sun.nio.ch.Poller} as it is in JDK 25, with its threads and its {@code int
     * poll(int timeout)}. Where that cannot be had the pollers ask for themselves alone.
     */
    private static final class Asking {
        /** {@code (Object, int)int}. */
        static final @Nullable MethodHandle POLL;

        private static final @Nullable VarHandle OWNER;

        private static final List<Object> ALL;

        /** By their threads. There is no other virtual thread that this is asked for, and none of them ends. */
        static final Map<Thread, SocketPoller> POLLERS = new ConcurrentHashMap<>();

        static {
            MethodHandle poll = null;
            VarHandle owner = null;
            List<Object> all = List.of();
            if (VirtualThreadHook.obstacle() == null) {
                try {
                    Class<?> type = Class.forName("sun.nio.ch.Poller");
                    MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(type, ThreadContainer.lookupInside());
                    all = new ArrayList<>();
                    for (String kind : List.of("readPollers", "writePollers")) {
                        all.addAll((List<?>) lookup.findStatic(type, kind, MethodType.methodType(List.class))
                                .invokeExact());
                    }
                    owner = lookup.findVarHandle(type, "owner", Thread.class);
                    poll = lookup.findVirtual(type, "poll", MethodType.methodType(int.class, int.class))
                            .asType(MethodType.methodType(int.class, Object.class, int.class));
                } catch (Throwable otherJdk) {
                    poll = null;
                }
            }
            POLL = poll;
            OWNER = owner;
            ALL = all;
        }

        private static @Nullable SocketPoller find(Thread thread) {
            for (Object each : ALL) {
                if (OWNER != null && thread.equals((Thread) OWNER.get(each))) {
                    return () -> poll(each);
                }
            }
            return null;
        }

        private static int poll(Object poller) throws IOException {
            try {
                return (int) Objects.requireNonNull(POLL).invokeExact(poller, 0);
            } catch (IOException e) {
                throw e;
            } catch (Throwable t) {
                throw VirtualThreadHook.rethrow(t);
            }
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
