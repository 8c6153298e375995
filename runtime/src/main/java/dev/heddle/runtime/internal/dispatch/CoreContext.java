package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.CoreStatistics;
import dev.heddle.runtime.internal.task.TaskPlace;
import org.jspecify.annotations.Nullable;

/** The scheduling context of one CPU. All methods may be called from any thread. */
public abstract sealed class CoreContext permits VirtualCoreContext, SequencedCoreContext, PlatformCoreContext {
    private final CoreSettings settings;
    private final int cpu;
    private final CpuSet mask;

    CoreContext(CoreSettings settings, int cpu) {
        this.settings = settings;
        this.cpu = cpu;
        this.mask = CpuSet.of(cpu);
    }

    /** Where tasks are started that run on this core and no other. */
    public abstract TaskPlace pinned();

    /** Where tasks are started that run on this core if it can. */
    public abstract TaskPlace preferred();

    /** Begins to pin what has to be pinned. {@link #awaitStarted()} tells how that went. */
    public abstract void start();

    /**
     * Waits until the core serves.
     *
     * @return what stood in the way, or null if it serves
     */
    public abstract @Nullable Throwable awaitStarted();

    /** The core's statistics now. */
    public abstract CoreStatistics statistics();

    /**
     * Waits until no carrier is left, once the last task has ended. They go when nothing is left to run on them: virtual
     * threads that tasks started by themselves may keep them.
     *
     * @param nanos how long to wait at most
     */
    public abstract void awaitCarriersGone(long nanos) throws InterruptedException;

    /** Whether the CPU was found to be offline or outside of the cpuset, where somebody looks. */
    public boolean isCpuGone() {
        return false;
    }

    public final int cpu() {
        return cpu;
    }

    /** What its threads are pinned to: its CPU alone. */
    final CpuSet mask() {
        return mask;
    }

    final CoreSettings settings() {
        return settings;
    }

    @Override
    public final String toString() {
        return "core " + cpu + " of manager '" + settings.name() + "'";
    }
}
