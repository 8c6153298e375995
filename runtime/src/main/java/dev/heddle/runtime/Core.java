package dev.heddle.runtime;

import dev.heddle.runtime.internal.CoreArena;
import dev.heddle.runtime.internal.dispatch.CoreContext;
import java.lang.foreign.Arena;

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

    /**
     * Makes an arena for off-heap memory that is near to this core: each page is touched first by a thread on the core's CPU,
     * and so stands on its NUMA node as long as the node has free memory. It takes fresh pages from the kernel, a megabyte at a
     * time, and gives them back when it is closed. It may be used and closed by any thread. After the core's CPU is gone, an
     * allocation that needs fresh pages throws {@link IllegalStateException}.
     *
     * @return a new arena, which the caller closes
     */
    public Arena arena() {
        return new CoreArena(context);
    }

    CoreContext context() {
        return context;
    }
}
