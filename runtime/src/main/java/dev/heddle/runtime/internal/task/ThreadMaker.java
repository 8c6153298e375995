package dev.heddle.runtime.internal.task;

import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes the threads of a place's tasks, so that they run where the place says. */
public interface ThreadMaker {
    /**
     * Makes the thread of a task that has entered, not started.
     *
     * @param name its name, or null for none
     */
    Thread make(@Nullable String name, Task task);

    /**
     * Makes the thread of a task that enters when the thread is started.
     *
     * @param name its name, or null for none
     */
    Thread makeForFactory(@Nullable String name, Task task);

    /**
     * What starts the threads of {@link #make}.
     *
     * @param place by which thread dumps show them, where they can
     * @param live asked for the live ones by who makes a dump
     */
    Consumer<Thread> starter(String place, Supplier<Stream<Thread>> live);
}
