package dev.heddle.runtime.internal.jdk;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's scheduler hook: virtual threads whose continuations are run by a scheduler of ours.
 *
 * <p>The one class that knows the JDK's non-public members, as they are in JDK 25:
 * {@code ThreadBuilders.newVirtualThread(Executor, String, int, Runnable)} and {@code Thread.currentCarrierThread()},
 * both in {@code java.lang}, which must be open to this module.
 */
public final class VirtualThreadHook {
    /** Inherit inheritable thread locals, as {@link Thread#startVirtualThread} does. */
    private static final int CHARACTERISTICS = 0;

    /** Why the hook cannot be used, or null. */
    private static final @Nullable String OBSTACLE;

    private static final @Nullable MethodHandle NEW_VIRTUAL_THREAD;
    private static final @Nullable MethodHandle CURRENT_CARRIER_THREAD;

    static {
        String obstacle = null;
        MethodHandle newVirtualThread = null;
        MethodHandle currentCarrierThread = null;
        try {
            Class<?> builders = Class.forName("java.lang.ThreadBuilders");
            MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(builders, MethodHandles.lookup());
            newVirtualThread = lookup.findStatic(
                    builders,
                    "newVirtualThread",
                    MethodType.methodType(Thread.class, Executor.class, String.class, int.class, Runnable.class));
            currentCarrierThread =
                    lookup.findStatic(Thread.class, "currentCarrierThread", MethodType.methodType(Thread.class));
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
    }

    private VirtualThreadHook() {}

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

    private static RuntimeException rethrow(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        throw new AssertionError("the hook declares no checked exception", thrown);
    }
}
