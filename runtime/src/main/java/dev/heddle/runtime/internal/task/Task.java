package dev.heddle.runtime.internal.task;

import org.jspecify.annotations.Nullable;

/** What a task's thread runs: the user's body, between its entry into the books of its core and its exit from them. */
public final class Task extends TaskGroup.Member implements Runnable {
    private final Runnable body;
    private final TaskGroup core;
    private final Admission admission;

    /** Set for a thread that a factory made: it enters its core when it first runs, for it may never be started. */
    private final boolean entersLate;

    private final @Nullable TaskGroup view;

    /**
     * Makes a task.
     *
     * @param body the user's code
     * @param core the group of the core, which the task has entered unless it enters late
     * @param admission where the task holds a place until it runs
     * @param entersLate whether it enters the core's group only when it first runs
     * @param view the group of the executor view that it came through, which it has entered, or null
     */
    public Task(Runnable body, TaskGroup core, Admission admission, boolean entersLate, @Nullable TaskGroup view) {
        this.body = body;
        this.core = core;
        this.admission = admission;
        this.entersLate = entersLate;
        this.view = view;
    }

    @Override
    public void run() {
        admission.release();
        if (entersLate) {
            core.enterLate();
        }
        TaskGroup.Member viewMember = null;
        core.begin(this);
        if (view != null) {
            viewMember = new ViewMember();
            view.begin(viewMember);
        }
        boolean failed = true;
        try {
            body.run();
            failed = body instanceof TaskFuture<?> future && future.hasFailed();
        } finally {
            // What was thrown goes on to the thread's uncaught-exception handler.
            if (view != null && viewMember != null) {
                view.end(viewMember, failed);
                view.leave();
            }
            core.end(this, failed);
            core.leave();
        }
    }

    /** Ends the task without its body having run, because its thread cannot run where it should, and throws that. */
    public void abandon(RuntimeException why) {
        if (body instanceof TaskFuture<?> future) {
            future.fail(why);
        }
        Runnable instead = () -> {
            throw why;
        };
        new Task(instead, core, admission, entersLate, view).run();
    }

    private static final class ViewMember extends TaskGroup.Member {}
}
