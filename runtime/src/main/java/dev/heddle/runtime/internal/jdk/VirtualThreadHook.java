package dev.heddle.runtime.internal.jdk;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's scheduler hook: virtual threads whose continuations are run by a scheduler of ours.
 *
 * <p>Beside {@link ThreadContainer} the one class that knows the JDK's non-public members, as they are in JDK 25:
 * {@code ThreadBuilders.newVirtualThread(Executor, String, int, Runnable)}, {@code Thread.currentCarrierThread()}, {@code
 * Thread.yield0()} and {@code VirtualThread.DEFAULT_SCHEDULER}, all in {@code java.lang}, which must be open to this module.
 */
public final class VirtualThreadHook {
    /** Inherit inheritable thread locals, as {@link Thread#startVirtualThread} does. */
    private static final int CHARACTERISTICS = 0;

    /** The state of a virtual thread from its start until it first runs. */
    private static final int STARTED = 1;

    /** Why the hook cannot be used, or null. */
    private static final @Nullable String OBSTACLE;

    private static final @Nullable MethodHandle NEW_VIRTUAL_THREAD;
    private static final @Nullable MethodHandle CURRENT_CARRIER_THREAD;

    /** Null where the JDK has it under another name, or the hook is closed: nothing but some time is lost. */
    private static final @Nullable MethodHandle YIELD_CPU;

    static {
        String obstacle = null;
        MethodHandle newVirtualThread = null;
        MethodHandle currentCarrierThread = null;
        MethodHandle yieldCpu = null;
        try {
            Class<?> builders = Class.forName("java.lang.ThreadBuilders");
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(builders, MethodHandles.lookup());
            newVirtualThread = lookup.findStatic(
                    builders,
                    "newVirtualThread",
                    MethodType.methodType(Thread.class, Executor.class, String.class, int.class, Runnable.class));
            currentCarrierThread =
                    lookup.findStatic(Thread.class, "currentCarrierThread", MethodType.methodType(Thread.class));
            yieldCpu = findYield();
        } catch (IllegalAccessException e) {
            obstacle =
                    "the package java.lang is not open to Heddle: start the JVM with --add-opens java.base/java.lang="
                            + (VirtualThreadHook.class.getModule().isNamed()
                                    ? VirtualThreadHook.class.getModule().getName()
                                    : "ALL-UNNAMED");
        } catch (ReflectiveOperationException e) {
            obstacle =
                    "this JDK (" + Runtime.version() + ") has no scheduler hook that Heddle knows: " + e.getMessage();
        }
        OBSTACLE = obstacle;
        NEW_VIRTUAL_THREAD = newVirtualThread;
        CURRENT_CARRIER_THREAD = currentCarrierThread;
        YIELD_CPU = yieldCpu;
    }

    private VirtualThreadHook() {}

    private static @Nullable MethodHandle findYield() {
        try {
            return MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup())
                    .findStatic(Thread.class, "yield0", MethodType.methodType(void.class));
        } catch (ReflectiveOperationException otherJdk) {
            return null;
        }
    }

    /** Why virtual threads cannot be given a scheduler here and what to do about it; null where they can. */
    public static @Nullable String obstacle() {
        return OBSTACLE;
    }

    /**
     * Makes a virtual thread, not started, that asks {@code scheduler} to run its continuation every time it is runnable.
     *
     * <p>The scheduler is called with the caller's continuation pinned, from virtual threads, from carriers and from the
     * JDK's own threads: it must not block. Virtual threads that this one starts have the same scheduler.
     *
     * @throws IllegalStateException where there is an {@link #obstacle()}
     */
    public static Thread newThread(Executor scheduler, @Nullable String name, Runnable task) {
        MethodHandle newVirtualThread = NEW_VIRTUAL_THREAD;
        if (newVirtualThread == null) {
            throw new IllegalStateException(OBSTACLE);
        }
        try {
            return (Thread) newVirtualThread.invokeExact(scheduler, name, CHARACTERISTICS, task);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** The platform thread that runs the caller: its carrier if it is virtual and the hook is open, else itself. */
    public static Thread currentCarrier() {
        MethodHandle currentCarrierThread = CURRENT_CARRIER_THREAD;
        if (currentCarrierThread == null) {
            return Thread.currentThread();
        }
        try {
            return (Thread) currentCarrierThread.invokeExact();
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /**
     * Lets the kernel run another thread that waits for this CPU. A virtual thread stays mounted: {@link Thread#yield} would
     * give its carrier to another task, which leaves the kernel where it was.
     */
    public static void yieldCpu() {
        MethodHandle yieldCpu = YIELD_CPU;
        if (yieldCpu == null) {
            Thread.yield();
            return;
        }
        try {
            yieldCpu.invokeExact();
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /** The JDK's own scheduler of virtual threads, or null where the hook is closed or the JDK keeps it elsewhere. */
    static @Nullable Executor jdkScheduler() {
        if (OBSTACLE != null) {
            return null;
        }
        try {
            Class<?> virtualThread = Class.forName("java.lang.VirtualThread");
            return (Executor) MethodHandles.privateLookupIn(virtualThread, MethodHandles.lookup())
                    .findStaticGetter(virtualThread, "DEFAULT_SCHEDULER", ForkJoinPool.class)
                    .invoke();
        } catch (Throwable otherJdk) {
            return null;
        }
    }

    /**
     * Links what would be linked at its first call, where there may be no memory and no stack left. Has a look at what a
     * scheduler is handed, by a platform thread: the example can then run to its end.
     */
    static void prime() {
        yieldCpu();
        if (OBSTACLE == null) {
            isFresh(() -> {});
        }
    }

    /** The virtual thread whose continuation this is, or null where the JDK does not show it. */
    public static @Nullable Thread threadOf(Runnable continuation) {
        MethodHandle threadOf = Continuations.THREAD_OF;
        if (threadOf == null || continuation.getClass() != Continuations.TYPE) {
            return null;
        }
        try {
            return (Thread) threadOf.invokeExact(continuation);
        } catch (Throwable t) {
            throw rethrow(t);
        }
    }

    /**
     * Whether a continuation that was handed to a scheduler is that of a thread which has just been started. False where the
     * JDK does not show it.
     */
    public static boolean isFresh(Runnable continuation) {
        VarHandle state = Continuations.STATE;
        Thread thread = threadOf(continuation);
        return state != null && thread != null && (int) state.get(thread) == STARTED;
    }

    /**
     * What a scheduler is handed: an object of the JDK's that captures its virtual thread. All are of one class, which an
     * example tells. Where the example does not look as in JDK 25, nothing is known of any.
     */
    private static final class Continuations {
        static final @Nullable Class<?> TYPE;
        static final @Nullable MethodHandle THREAD_OF;
        static final @Nullable VarHandle STATE;

        static {
            Class<?> type = null;
            MethodHandle threadOf = null;
            VarHandle state = null;
            try {
                List<Runnable> handed = new ArrayList<>(1);
                Thread example = newThread(handed::add, "heddle-example", () -> {});
                example.start();
                Runnable continuation = handed.get(0);
                Field[] fields = continuation.getClass().getDeclaredFields();
                MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(example.getClass(), MethodHandles.lookup());
                VarHandle stateField = lookup.findVarHandle(example.getClass(), "state", int.class);
                fields[0].setAccessible(true);
                if (fields.length == 1
                        && example.equals(fields[0].get(continuation))
                        && (int) stateField.get(example) == STARTED) {
                    type = continuation.getClass();
                    threadOf = lookup.unreflectGetter(fields[0])
                            .asType(MethodType.methodType(Thread.class, Runnable.class));
                    state = stateField;
                }
                if (!Thread.currentThread().isVirtual()) {
                    continuation.run(); // so that it ends; a virtual thread may not, and its look counts all the same
                }
            } catch (ReflectiveOperationException | RuntimeException otherJdk) {
                type = null;
            }
            TYPE = type;
            THREAD_OF = type == null ? null : threadOf;
            STATE = type == null ? null : state;
        }
    }

    static RuntimeException rethrow(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        throw new AssertionError("the hook declares no checked exception", thrown);
    }
}
