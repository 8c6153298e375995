package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.internal.jdk.VirtualThreadHook;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jctools.queues.MpscUnboundedArrayQueue;

/**
 * A plain loop that runs virtual threads: one pinned thread that takes from an {@link ArrayDeque} what it has put there itself, and
 * from a queue of JCTools what others have. Without books or statistics, never parked: nearly all that is measured here is
 * what the JDK's virtual threads cost, whoever schedules them.
 */
final class VirtualThreadLoop implements Executor {
    private final Queue<Runnable> own = new ArrayDeque<>();
    private final Queue<Runnable> arrived = new MpscUnboundedArrayQueue<>(1024);
    private final Thread thread = Thread.ofPlatform().daemon().unstarted(this::serve);
    private final int cpu;
    private volatile boolean closed;

    private VirtualThreadLoop(int cpu) {
        this.cpu = cpu;
    }

    /** Starts the loop on the last CPU. */
    static VirtualThreadLoop start() {
        return start(ThreadAffinity.ofProcess().last());
    }

    /** Starts the loop on this CPU. */
    static VirtualThreadLoop start(int cpu) {
        VirtualThreadLoop loop = new VirtualThreadLoop(cpu);
        loop.thread.start();
        return loop;
    }

    /** Makes a virtual thread that runs on the loop. */
    Thread newThread(Runnable task) {
        return VirtualThreadHook.newThread(this, null, task);
    }

    /** The JDK's call: this continuation can run. */
    @Override
    public void execute(Runnable continuation) {
        (VirtualThreadHook.currentCarrier().equals(thread) ? own : arrived).add(continuation);
    }

    private void serve() {
        ThreadAffinity.set(CpuSet.of(cpu));
        while (!closed) {
            Runnable next = own.poll();
            if (next == null) {
                next = arrived.poll();
            }
            if (next == null) {
                Thread.onSpinWait();
            } else {
                next.run();
            }
        }
    }

    /** Ends the loop. Its tasks must have ended: what still waits is never run. */
    void close() {
        closed = true;
    }
}
