package dev.heddle.runtime.internal.jdk;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Virtual threads that stand in the JDK's thread dumps under a name of their own. The JDK asks for them when it dumps, and does not
 * enter them in its own set of all virtual threads, in which each would be at its start and its end.
 *
 * <p>Where that cannot be had threads are started as ever, and are in the JDK's set. It needs what {@link VirtualThreadHook}
 * needs, and {@code jdk.internal.vm.ThreadContainer} as it is in JDK 25.
 */
public final class ThreadContainer {
    /** {@code (String, Supplier)Object}, or null where it cannot be had. */
    private static final @Nullable MethodHandle NEW_CONTAINER;

    /** {@code (Thread, Object)void}. */
    private static final @Nullable MethodHandle START;

    /** {@code (Thread)Object}. */
    private static final @Nullable MethodHandle CONTAINER_OF;

    static {
        MethodHandle newContainer = null;
        MethodHandle start = null;
        MethodHandle containerOf = null;
        if (VirtualThreadHook.obstacle() == null) {
            try {
                MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup());
                Class<?> theirs = Class.forName("jdk.internal.vm.ThreadContainer");
                Class<?> ours = ours(lookup);
                newContainer = lookup.findConstructor(
                                ours, MethodType.methodType(void.class, String.class, Supplier.class))
                        .asType(MethodType.methodType(Object.class, String.class, Supplier.class));
                start = lookup.findVirtual(Thread.class, "start", MethodType.methodType(void.class, theirs))
                        .asType(MethodType.methodType(void.class, Thread.class, Object.class));
                containerOf = lookup.findVirtual(Thread.class, "threadContainer", MethodType.methodType(theirs))
                        .asType(MethodType.methodType(Object.class, Thread.class));
                requireNothingElse(theirs, ours);
            } catch (Throwable otherJdk) {
                newContainer = null;
            }
        }
        NEW_CONTAINER = newContainer;
        START = start;
        CONTAINER_OF = containerOf;
    }

    /** The JDK's, or null. */
    private final @Nullable Object container;

    /**
     * Makes one, which dumps show from now on for as long as it is reachable.
     *
     * @param name for dumps
     * @param threads asked at each dump, by the thread that makes it, once or more often: the live threads, of which those that were
     *     not started here are left out
     */
    public ThreadContainer(String name, Supplier<Stream<Thread>> threads) {
        this.container = make(name, () -> threads.get().filter(this::holds));
    }

    private static @Nullable Object make(String name, Supplier<Stream<Thread>> threads) {
        MethodHandle newContainer = NEW_CONTAINER;
        if (newContainer == null) {
            return null;
        }
        try {
            return (Object) newContainer.invokeExact(name, threads);
        } catch (LinkageError otherJdk) {
            return null;
        } catch (Throwable t) {
            throw VirtualThreadHook.rethrow(t);
        }
    }

    /**
     * Starts a virtual thread.
     *
     * @throws IllegalThreadStateException if it was started before
     */
    public void start(Thread virtual) {
        MethodHandle start = START;
        if (start == null || container == null) {
            virtual.start();
            return;
        }
        try {
            start.invokeExact(virtual, container);
        } catch (Throwable t) {
            throw VirtualThreadHook.rethrow(t);
        }
    }

    /**
     * A lookup that sees all of {@code java.base}, for our class is of that module. What is not open to ours is reached through it.
     *
     * @throws ReflectiveOperationException if it cannot be had
     */
    static MethodHandles.Lookup lookupInside() throws ReflectiveOperationException {
        MethodHandles.Lookup lookup = MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup());
        try {
            return (MethodHandles.Lookup)
                    lookup.findStatic(ours(lookup), "lookup", MethodType.methodType(MethodHandles.Lookup.class))
                            .invokeExact();
        } catch (ReflectiveOperationException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw VirtualThreadHook.rethrow(t);
        }
    }

    private boolean holds(Thread thread) {
        MethodHandle containerOf = CONTAINER_OF;
        if (containerOf == null || container == null) {
            return false;
        }
        try {
            Object its = (Object) containerOf.invokeExact(thread);
            return container.equals(its);
        } catch (Throwable t) {
            throw VirtualThreadHook.rethrow(t);
        }
    }

    /** Our class among the JDK's. Another copy of Heddle, of another class loader, may have put it there. */
    private static Class<?> ours(MethodHandles.Lookup lookup) throws ReflectiveOperationException {
        try {
            return lookup.defineClass(ThreadContainerClass.bytes());
        } catch (LinkageError isThere) {
            return Class.forName(ThreadContainerClass.NAME);
        }
    }

    /** What the JDK's class leaves to those that extend it must be what ours has, or a start would find it missing. */
    private static void requireNothingElse(Class<?> theirs, Class<?> ours) throws NoSuchMethodException {
        for (Class<?> each = theirs; each != null; each = each.getSuperclass()) {
            for (Method method : each.getDeclaredMethods()) {
                if (Modifier.isAbstract(method.getModifiers())) {
                    Objects.requireNonNull(ours.getDeclaredMethod(method.getName(), method.getParameterTypes()));
                }
            }
        }
    }
}
