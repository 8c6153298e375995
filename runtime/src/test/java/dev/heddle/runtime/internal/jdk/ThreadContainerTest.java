package dev.heddle.runtime.internal.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ThreadContainerTest {
    @Test
    void aThreadIsLeftToTheContainerThatStartsIt() throws Exception {
        Thread thread = Thread.ofVirtual().unstarted(() -> {});
        ThreadContainer container = new ThreadContainer("own", () -> Stream.of(thread));
        container.start(thread);
        assertEquals(ThreadContainerClass.NAME, containerOf(thread).getClass().getName());
        assertThrows(IllegalThreadStateException.class, () -> container.start(thread));
        thread.join();
    }

    /** Two applications in one server, say, each with its own copy of Heddle. */
    @Test
    void copiesOfHeddleShareTheClassAmongTheJdks() throws Exception {
        URL[] here = {
            ThreadContainer.class.getProtectionDomain().getCodeSource().getLocation()
        };
        new ThreadContainer("first", Stream::empty);
        try (URLClassLoader loader = new URLClassLoader(here, ClassLoader.getPlatformClassLoader())) {
            Class<?> copy = loader.loadClass(ThreadContainer.class.getName());
            assertNotEquals(ThreadContainer.class, copy);
            Thread thread = Thread.ofVirtual().unstarted(() -> {});
            Supplier<Stream<Thread>> live = () -> Stream.of(thread);
            Object container = copy.getConstructor(String.class, Supplier.class).newInstance("second", live);
            copy.getMethod("start", Thread.class).invoke(container, thread);
            assertEquals(
                    ThreadContainerClass.NAME, containerOf(thread).getClass().getName());
            thread.join();
        }
    }

    /** What it gives out opens all of the JDK to who has it. */
    @Test
    void theLookupOfTheClassIsForHeddleAlone() throws Exception {
        assertTrue(ThreadContainer.lookupInside().hasFullPrivilegeAccess());
        Class<?> ours = Class.forName(ThreadContainerClass.NAME);
        assertThrows(NoSuchMethodException.class, () -> ours.getMethod("lookup"));
    }

    private static Object containerOf(Thread thread) throws ReflectiveOperationException {
        Method threadContainer = Thread.class.getDeclaredMethod("threadContainer");
        threadContainer.setAccessible(true);
        return threadContainer.invoke(thread);
    }
}
