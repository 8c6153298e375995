package dev.heddle.runtime.internal.dispatch;

import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.internal.jdk.JdkThreads;
import dev.heddle.runtime.internal.task.TaskGroup;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A core of a manager that runs one task at a time: see {@link SequencedBackend}. */
public final class SequencedCoreContext extends CoreContext {
    private final SequencedBackend backend;
    private final TaskPlace pinned;
    private final TaskPlace preferred;
    private final AtomicLong dispatches = new AtomicLong();
    private volatile @Nullable SequencedCoreContext movedTo;

    SequencedCoreContext(SequencedBackend backend, CoreSettings settings, int cpu) {
        super(settings, cpu);
        this.backend = backend;
        this.pinned = backend.place("core " + cpu, continuation -> backend.send(this, continuation));
        this.preferred = backend.place("preferred core " + cpu, continuation -> backend.send(this, continuation));
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

    /** Tries the pin once, on a thread of its own. */
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
    public void awaitCarriersGone(long nanos) throws InterruptedException {
        backend.awaitGone(nanos);
    }

    @Override
    public CoreStatistics statistics() {
        TaskGroup.Counts counts = pinned.tasks().counts();
        return new CoreStatistics(
                cpu(),
                counts.started(),
                counts.ended(),
                counts.failed(),
                dispatches.get(),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                1,
                0,
                0,
                0,
                0,
                0);
    }

    void moveTo(@Nullable SequencedCoreContext target) {
        movedTo = target;
    }

    /** Where what is to run here runs: here, unless a resize has moved it. */
    SequencedCoreContext target() {
        SequencedCoreContext target = this;
        SequencedCoreContext next;
        while ((next = target.movedTo) != null) {
            target = next;
        }
        return target;
    }

    void countDispatch() {
        dispatches.getAndIncrement();
    }
}
