package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.SchedulerStatistics;
import dev.heddle.runtime.internal.jdk.Housekeeping;
import dev.heddle.runtime.internal.task.Stripes;
import dev.heddle.runtime.internal.task.TaskGroup;
import dev.heddle.runtime.internal.task.TaskPlace;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tasks as platform threads. Those that run anywhere have the CPUs of all cores, and the kernel spreads them. */
public final class PlatformBackend implements CoreBackend {
    private final CoreSettings settings;
    private final TaskPlace anywhere;
    private volatile List<CoreContext> cores = List.of();

    /** Makes a backend without cores. */
    public PlatformBackend(CoreSettings settings) {
        this.settings = settings;
        this.anywhere =
                settings.place("anywhere()", new PlatformThreads(settings, this::cpus, null), Stripes.ONE, () -> {});
    }

    private CpuSet cpus() {
        return CpuSet.of(cores.stream().mapToInt(CoreContext::cpu).toArray());
    }

    @Override
    public TaskPlace anywhere() {
        return anywhere;
    }

    @Override
    public CoreContext newCore(int cpu) {
        return new PlatformCoreContext(settings, cpu);
    }

    @Override
    public void setCores(List<CoreContext> present) {
        cores = List.copyOf(present);
    }

    @Override
    public void startMonitor(Consumer<CpuSet> cpusGone, @Nullable Housekeeping housekeeping) {}

    @Override
    public void awaitMonitorGone(long nanos) {}

    @Override
    public void leave(CoreContext removed, @Nullable CoreContext target) {}

    @Override
    public SchedulerStatistics statistics() {
        List<CoreContext> now = cores;
        TaskGroup.Counts free = anywhere.tasks().counts();
        return new SchedulerStatistics(
                now.size(),
                0,
                0,
                0,
                0,
                0,
                now.stream().map(core -> 0L).toList(),
                0,
                0,
                0,
                0,
                0,
                free.started(),
                free.ended(),
                free.failed());
    }
}
