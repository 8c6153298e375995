package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.task.Stripes;
import dev.heddle.runtime.internal.task.TaskGroup;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A core whose tasks are platform threads, where the JDK's hook is closed. The kernel shares the CPU between them; there is
 * no queue and no dispatch loop, and a task that prefers the core always has it.
 */
public final class PlatformCoreContext extends CoreContext {
    private final TaskPlace pinned;
    private final TaskPlace preferred;

    /** Makes the context of a CPU. */
    public PlatformCoreContext(CoreSettings settings, int cpu) {
        super(settings, cpu);
        PlatformThreads threads = new PlatformThreads(settings, this::mask, this);
        pinned = settings.place("core " + cpu, threads, Stripes.ONE, () -> {});
        preferred = settings.place("preferred core " + cpu, threads, Stripes.ONE, () -> {});
    }

    @Override
    public TaskPlace pinned() {
        return pinned;
    }

    @Override
    public TaskPlace preferred() {
        return preferred;
    }

    @Override
    public void start() {}

    /** Tries the pin once, on a thread of its own, so that a CPU that cannot be had is known before the first task. */
    @Override
    public @Nullable Throwable awaitStarted() {
        try {
            JdkThreads.callUnpinned(settings().name() + "-probe-" + cpu(), () -> {
                settings().pinning().pinTo(mask());
                return true;
            });
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    @Override
    public void awaitCarriersGone(long nanos) {}

    @Override
    public CoreStatistics statistics() {
        TaskGroup.Counts counts = pinned.tasks().counts();
        return new CoreStatistics(
                cpu(), counts.started(), counts.ended(), counts.failed(), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }
}
