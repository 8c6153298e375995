package dev.heddle.runtime;

import dev.heddle.runtime.internal.dispatch.CoreContext;

/**
 * One CPU of a manager. A task that starts here is on this CPU whenever it runs, to its end, and so are the virtual threads
 * that it starts itself.
 */
public final class Core extends TaskLauncher {
    private final CoreContext context;
    private final TaskLauncher preferred;

    Core(CoreContext context) {
        super(context.pinned());
        this.context = context;
        this.preferred = new OfPlace(context.preferred());
    }

    /**
     * Returns the CPU's number: Linux's, the one that {@code sched_getcpu} returns and {@code taskset} takes.
     *
     * @return the number
     */
    public int cpu() {
        return context.cpu();
    }

    /**
     * Returns the place of tasks that run on this core if it can have them. When it is busy and another core of the manager
     * has nothing else to do, that one may run such a task until it suspends; then it comes home. In {@linkplain
     * TaskMode#PLATFORM platform mode} such a task is always here.
     *
     * @return the place
     */
    public TaskLauncher preferred() {
        return preferred;
    }

    /**
     * Returns what this core has done so far.
     *
     * @return the numbers now
     */
    public CoreStatistics statistics() {
        return context.statistics();
    }

    CoreContext context() {
        return context;
    }
}
