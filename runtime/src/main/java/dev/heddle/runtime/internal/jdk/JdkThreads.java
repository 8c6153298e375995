package dev.heddle.runtime.internal.jdk;

import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.ThreadAffinity;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps threads and pools that the JDK makes on first use from being made by a pinned thread.
 *
 * <p>A new kernel thread inherits its creator's mask, and the JDK sizes pools by the calling thread's mask. So what a
 * task would be the first to need is made beforehand, by a thread with the mask of the whole process.
 */
public final class JdkThreads {
    private JdkThreads() {}

    /**
     * Calls a short action on a new platform thread that has the mask of the process, whatever the caller is pinned to,
     * and waits for it, also if the caller is interrupted; its interrupt status is kept.
     *
     * @throws ExecutionException with what the action threw
     */
    public static <T> T callUnpinned(String name, Callable<T> action) throws ExecutionException {
        FutureTask<T> result = new FutureTask<>(() -> {
            widen();
            return action.call();
        });
        Thread thread = Thread.ofPlatform()
                .name(name)
                .daemon()
                .inheritInheritableThreadLocals(false)
                .start(result);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    thread.join(); // and not only its result: nothing of it is left when this returns
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Gives the calling platform thread the mask of the process. Where the kernel objects, it keeps the one it has. */
    public static void widen() {
        try {
            var whole = ThreadAffinity.ofProcess();
            if (!whole.equals(ThreadAffinity.get())) {
                ThreadAffinity.set(whole);
            }
        } catch (NativeCallException shrunkMeanwhile) {
            // The cpuset changed between the two calls. The thread is no more pinned than it was.
        }
    }

    /** Makes the JDK create what it creates once for all: pools, the unblocker, the socket pollers. Called unpinned. */
    public static void prime() throws InterruptedException {
        // The default scheduler, sized by the caller's mask, and the thread that unblocks from monitors.
        Thread.ofVirtual().unstarted(() -> {});
        ForkJoinPool.commonPool();
        VirtualThreadHook.prime();
        SocketPollers.start();
    }

    /**
     * Makes the JDK create the timer thread that will wake the sleepers of this carrier. Called on the carrier, before
     * it is pinned: the JDK chooses the timer by the carrier's identity and starts it on the first timed park.
     */
    public static void primeTimer() throws InterruptedException {
        BlockingQueue<Runnable> runnable = new LinkedBlockingQueue<>();
        Thread sleeper = VirtualThreadHook.newThread(runnable::add, "heddle-primer", () -> LockSupport.parkNanos(1));
        sleeper.start();
        while (sleeper.isAlive()) {
            runnable.take().run();
        }
    }
}
