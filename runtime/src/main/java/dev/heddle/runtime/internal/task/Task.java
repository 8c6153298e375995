package dev.heddle.runtime.internal.task;

import static java.lang.invoke.ConstantBootstraps.fieldVarHandle;

import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** What a task's thread runs: the user's body, between its entry into the books of its core and its exit from them. */
public final class Task extends TaskGroup.Member implements Runnable {
    /*
     * The books are the places of Admission, the group of the core and the group of the view. A task is entered into them
     * by its sender and leaves them once: when its body has ended, or when its start failed. Both may seem to happen: a
     * sender whose stack overflows on its way back from a start that did take place sees it fail while the body runs. So
     * the two race for the state, and the second is told that it is too late.
     *
     *   VIEWED, PLACED,
     *   ENTERED           set by the sender, before the start
     *   BEGUN             set by the task's thread as it begins; unless CANCELLED, it now leaves the books
     *   CANCELLED         set by a sender whose start failed; unless BEGUN, it now leaves the books, and the body never runs
     */
    private static final byte VIEWED = 1;
    private static final byte PLACED = 2;
    private static final byte ENTERED = 4;
    private static final byte BEGUN = 8;
    private static final byte CANCELLED = 16;

    private static final VarHandle STATE =
            fieldVarHandle(MethodHandles.lookup(), "state", VarHandle.class, Task.class, byte.class);

    static {
        OutOfLine.load(); // and not with the first task: one that found no memory for it would never leave the books
    }

    private final Runnable body;
    private final TaskPlace place;

    /** Its place in the group of the view, or null if it came through none. */
    private final @Nullable ViewMember view;

    @SuppressWarnings("UnusedVariable") // through STATE
    private volatile byte state;

    /**
     * Makes a task that is in no books of its place yet.
     *
     * @param body the user's code
     * @param place where it runs
     * @param view the group of the executor view that it came through, or null
     */
    Task(Runnable body, TaskPlace place, @Nullable TaskGroup view) {
        this.body = body;
        this.place = place;
        this.view = view == null ? null : new ViewMember(view);
    }

    /** Sender: enters the group of the view, if there is one. Returns false if that is closed. */
    public boolean tryEnterView() {
        if (view != null) {
            if (!view.group.tryEnter()) {
                return false;
            }
            note(VIEWED);
        }
        return true;
    }

    /**
     * Sender: takes a place, by the policy of the core. May block.
     *
     * @throws RejectedExecutionException if there is none to be had
     */
    public void takePlace() {
        place.admission().acquire();
        note(PLACED);
    }

    /** Sender: enters the core's group. Returns false if that is closed. */
    public boolean tryEnter() {
        if (!place.tasks().tryEnter()) {
            return false;
        }
        note(ENTERED);
        return true;
    }

    /**
     * Sender, as it starts a factory's thread: enters the core's group, closed or not, for the thread has been promised its
     * place.
     *
     * @throws IllegalThreadStateException if it was started before, successfully or not
     */
    public void enterAtStart() {
        place.tasks().enterLate();
        if ((add(ENTERED) & (ENTERED | CANCELLED)) != 0) {
            place.tasks().cancel();
            throw new IllegalThreadStateException("this thread was started before");
        }
    }

    /** Sender: the start failed. If the body has not begun, it never will, and the task leaves the books. */
    public void cancelStart() {
        int before = add(CANCELLED);
        if ((before & (BEGUN | CANCELLED)) != 0) {
            return;
        }
        if ((before & PLACED) != 0) {
            place.admission().release();
        }
        if ((before & ENTERED) != 0) {
            place.tasks().cancel();
        }
        if (view != null && (before & VIEWED) != 0) {
            view.group.cancel();
        }
    }

    /*
     * The frames from here on are part of every suspended task's stack. So nothing but `this` lives across the body, and what is
     * before and after it is not inlined: see OutOfLine.
     */
    @Override
    public void run() {
        if (OutOfLine.begin(this)) {
            try {
                body.run();
            } catch (Throwable thrown) {
                fail(thrown);
                return;
            }
            OutOfLine.end(this);
        }
    }

    /** The task's thread: runs the task without its body, because the thread cannot run where it should. */
    public void abandon(Throwable why) {
        if (body instanceof TaskFuture<?> future) {
            future.fail(why);
        } else if (body instanceof Future<?> future) {
            future.cancel(false); // somebody may wait for it
        }
        if (begin()) {
            fail(new IllegalStateException("the task was not run: " + why.getMessage(), why));
        }
    }

    /**
     * Returns false if it was cancelled, or has begun already: by a body that calls its thread's run method. Throws nothing: it
     * allocates nothing, and the interrupt of a thread that blocks on nothing calls nobody's code.
     */
    private boolean begin() {
        int before = add(BEGUN | ENTERED);
        if ((before & (CANCELLED | BEGUN)) != 0) {
            return false;
        }
        if ((before & ENTERED) == 0) {
            // The JDK starts threads for its own executors past the start method that would have.
            place.tasks().enterLate();
        }
        place.admission().release();
        place.tasks().begin(this);
        if (view != null) {
            view.group.begin(view);
        }
        return true;
    }

    /** Here and not by the thread after this has returned: who waits for the task waits for its handler too. */
    private void fail(Throwable thrown) {
        try {
            handle(thrown);
        } finally {
            end(true);
        }
    }

    private void end(boolean hasFailed) {
        if (view != null) {
            view.group.end(view, hasFailed);
        }
        place.tasks().end(this, hasFailed);
    }

    /** Sender, before anyone else has the task: the start publishes it. */
    private void note(byte flag) {
        STATE.set(this, (byte) ((byte) STATE.get(this) | flag));
    }

    private int add(int flags) {
        return (byte) STATE.getAndBitwiseOr(this, (byte) flags);
    }

    private static void handle(Throwable thrown) {
        Thread thread = Thread.currentThread();
        try {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
        } catch (Throwable fromHandler) {
            try {
                fromHandler.addSuppressed(thrown);
                System.getLogger(Task.class.getName())
                        .log(Level.ERROR, "the handler of uncaught exceptions threw", fromHandler);
            } catch (Throwable outOfMemory) {
                // There is nothing left to say it with.
            }
        }
    }

    /**
     * What a thread does with the books before and after the body. A throwable, which nobody makes or throws, because C2 inlines no
     * method of one into other code. Inlined, it makes the code of the thread's first frames so large that the compiler
     * keeps those apart and gives them more slots: a parked task takes 594 to 683 bytes then, by chance, and mostly 578 like this. The
     * calls cost 2 % of a spawn.
     */
    @SuppressWarnings("serial")
    private static final class OutOfLine extends Throwable {
        private OutOfLine() {}

        static void load() {}

        static boolean begin(Task task) {
            return task.begin();
        }

        static void end(Task task) {
            task.end(task.body instanceof TaskFuture<?> future && future.hasFailed());
        }
    }

    private static final class ViewMember extends TaskGroup.Member {
        final TaskGroup group;

        ViewMember(TaskGroup group) {
            this.group = group;
        }
    }
}
