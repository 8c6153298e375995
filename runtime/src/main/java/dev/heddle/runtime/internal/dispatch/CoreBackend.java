package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.SchedulerStatistics;
import dev.heddle.runtime.internal.jdk.Housekeeping;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** As what the tasks of a manager run, and what its cores share. */
public sealed interface CoreBackend permits Scheduler, SequencedBackend, PlatformBackend {
    /** Where tasks are started that run on any core. */
    TaskPlace anywhere();

    /** Makes a core, not started, which shares no work until {@link #setCores} says so. */
    CoreContext newCore(int cpu);

    /**
     * Says which cores share the work from now on, in the order of their CPU numbers. The others have been removed, and are
     * told so by {@link #leave}.
     */
    void setCores(List<CoreContext> present);

    /**
     * Starts what watches over the cores. Called by a thread that is not pinned.
     *
     * @param cpusGone told, when CPUs of present cores are not to be had any longer, and again in each second until those have
     *     been removed. Called by the monitor, which must not be held up
     * @param housekeeping what looks after the JVM's own threads now and then, or null
     */
    void startMonitor(Consumer<CpuSet> cpusGone, @Nullable Housekeeping housekeeping);

    /** Waits until that is gone, once the last task has ended. */
    void awaitMonitorGone(long nanos) throws InterruptedException;

    /**
     * Tells a core that it has been removed.
     *
     * @param removed the core
     * @param target where its own tasks go on, or null if they stay
     */
    void leave(CoreContext removed, @Nullable CoreContext target);

    /** What the cores are doing together. */
    SchedulerStatistics statistics();
}
