package dev.heddle.runtime;

import dev.heddle.runtime.internal.dispatch.CarrierThread;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Calls that block the thread under a virtual thread: a native function that waits, a file on a slow disk, a library that
 * parks in its own way.
 *
 * <p>Such a call holds up its core, for the JDK cannot unmount the task. Inside {@link #call} the core is handed to another
 * carrier on the same CPU at once, so that everything else there goes on; without it the {@linkplain CoreManager monitor}
 * does the same when it notices: within a millisecond or so, or some where no such call has held anything up for a second.
 * The task itself stays where it is, pinned to its CPU, and when the call returns it has its core again or waits for its
 * turn.
 *
 * <p>May be called on any thread; where there is no core to hand over it just calls. Costs some hundred nanoseconds when
 * nothing else waits for the core, and a switch between kernel threads when something does. Socket operations, sleeps, locks
 * and channels of the JDK need none of this.
 */
public final class Blocking {
    private Blocking() {}

    /**
     * Calls something that may block the carrier.
     *
     * @param blocking what to call
     * @param <T> what it returns
     * @return what it has returned
     * @throws Exception what it has thrown
     */
    public static <T extends @Nullable Object> T call(Callable<T> blocking) throws Exception {
        Objects.requireNonNull(blocking, "blocking");
        CarrierThread given = CarrierThread.giveCore();
        try {
            return blocking.call();
        } finally {
            if (given != null) {
                given.takeCore();
            }
        }
    }

    /**
     * Runs something that may block the carrier.
     *
     * @param blocking what to run
     */
    public static void run(Runnable blocking) {
        Objects.requireNonNull(blocking, "blocking");
        CarrierThread given = CarrierThread.giveCore();
        try {
            blocking.run();
        } finally {
            if (given != null) {
                given.takeCore();
            }
        }
    }
}
