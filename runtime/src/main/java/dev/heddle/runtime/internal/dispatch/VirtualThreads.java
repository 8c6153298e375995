package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.internal.jdk.ThreadContainer;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import dev.heddle.runtime.internal.task.Task;
import dev.heddle.runtime.internal.task.ThreadMaker;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes virtual threads whose continuations a scheduler of ours runs. */
final class VirtualThreads implements ThreadMaker {
    private final Executor scheduler;

    VirtualThreads(Executor scheduler) {
        this.scheduler = scheduler;
    }

    @Override
    public Thread make(@Nullable String name, Task task) {
        return VirtualThreadHook.newThread(scheduler, name, task);
    }

    @Override
    public Thread makeForFactory(@Nullable String name, Task task) {
        return VirtualThreadHook.newThread(new FactoryThreadScheduler(scheduler, task), name, task);
    }

    @Override
    public Consumer<Thread> starter(String place, Supplier<Stream<Thread>> live) {
        return new ThreadContainer(place, live)::start;
    }

    /** The scheduler of one thread that a factory made: the place's, and it notices the start. */
    private static final class FactoryThreadScheduler implements Executor {
        private final Executor scheduler;

        /**
         * Not null until the thread is started. Taken away before the continuation is sent, which publishes that: the
         * thread may suspend, and this be called for it, before the sender's call has returned.
         */
        private @Nullable Task unstarted;

        FactoryThreadScheduler(Executor scheduler, Task task) {
            this.scheduler = scheduler;
            this.unstarted = task;
        }

        @Override
        public void execute(Runnable continuation) {
            Task task = unstarted;
            if (task == null) {
                scheduler.execute(continuation);
            } else {
                start(task, continuation);
            }
        }

        private void start(Task task, Runnable continuation) {
            task.enterAtStart();
            unstarted = null;
            boolean sent = false;
            try {
                scheduler.execute(continuation);
                sent = true;
            } finally {
                if (!sent) {
                    task.cancelStart();
                }
            }
        }
    }
}
