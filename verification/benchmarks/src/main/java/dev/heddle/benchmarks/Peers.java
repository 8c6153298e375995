package dev.heddle.benchmarks;

import com.lmax.disruptor.WaitStrategy;
import com.lmax.disruptor.dsl.Disruptor;
import com.lmax.disruptor.dsl.ProducerType;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import net.openhft.affinity.AffinityLock;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/** Executors made of what other libraries offer: each is one pinned thread that runs what it is sent, in order. */
final class Peers {
    /** More than any benchmark has under way at once: a bounded queue is never the reason to wait. */
    private static final int CAPACITY = 1 << 16;

    private Peers() {}

    /** A thread that holds an affinity lock on a CPU. */
    static Venue.Place openHft(int cpu) {
        ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(() -> {
            try (AffinityLock lock = AffinityLock.acquireLock(cpu)) {
                if (lock.cpuId() != cpu) {
                    throw new IllegalStateException("OpenHFT gave CPU " + lock.cpuId() + ", not " + cpu);
                }
                task.run();
            }
        }));
        return new Venue.Place(executor, executor::close);
    }

    /** An event loop for sockets, without any. */
    static Venue.Place netty() {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        EventLoop loop = group.next();
        loop.execute(Venue::pinToLast);
        return new Venue.Place(loop, () -> group.shutdownGracefully().syncUninterruptibly());
    }

    /** An agent that drains a queue. */
    static Venue.Place agrona(IdleStrategy idle) {
        ManyToOneConcurrentArrayQueue<Runnable> queue = new ManyToOneConcurrentArrayQueue<>(CAPACITY);
        AgentRunner runner = new AgentRunner(idle, Throwable::printStackTrace, null, new Agent() {
            @Override
            public void onStart() {
                Venue.pinToLast();
            }

            @Override
            public int doWork() {
                return queue.drain(Runnable::run);
            }

            @Override
            public String roleName() {
                return "benchmark";
            }
        });
        AgentRunner.startOnThread(runner);
        return new Venue.Place(
                task -> {
                    while (!queue.offer(task)) {
                        Thread.onSpinWait();
                    }
                },
                runner::close);
    }

    private static final class Slot {
        private @Nullable Runnable task;

        void run() {
            Runnable taken = task;
            task = null;
            if (taken != null) {
                taken.run();
            }
        }
    }

    /** A ring of slots that each hold a task. */
    static Venue.Place disruptor(WaitStrategy waiting) {
        Disruptor<Slot> disruptor = new Disruptor<>(
                Slot::new,
                CAPACITY,
                loop -> new Thread(() -> {
                    Venue.pinToLast();
                    loop.run();
                }),
                ProducerType.MULTI,
                waiting);
        disruptor.handleEventsWith((slot, sequence, endOfBatch) -> slot.run());
        disruptor.start();
        return new Venue.Place(
                task -> disruptor.publishEvent((slot, sequence, each) -> slot.task = each, task), disruptor::shutdown);
    }
}
