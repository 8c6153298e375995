package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.internal.dispatch.VirtualCoreContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.Pipe;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The promise: after each kind of blocking, on every core, the task is where it was put. 10,000 looks each. */
final class StaysOnItsCoreTest {
    private static final int SAMPLES = 10_000;

    @TempDir
    static Path directory;

    /** Two tasks of one core, made for each other: each blocks until the other has gone on. */
    interface Pair {
        /** One blocking step of side 0 or 1. */
        void step(int side) throws Exception;

        default void close() throws IOException {}
    }

    record Kind(String name, Callable<Pair> maker) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Kind> kinds() {
        return Stream.of(
                new Kind("yield", () -> side -> Thread.yield()),
                new Kind("sleep", () -> side -> Thread.sleep(0, 20_000)),
                new Kind("contended lock", StaysOnItsCoreTest::lock),
                new Kind("contended monitor", StaysOnItsCoreTest::monitor),
                new Kind("monitor wait", StaysOnItsCoreTest::monitorWait),
                new Kind("park and unpark", StaysOnItsCoreTest::park),
                new Kind("timed park", () -> side -> LockSupport.parkNanos(10_000)),
                new Kind("socket", SocketPair::new),
                new Kind("pipe", PipePair::new),
                new Kind("file", FilePair::new),
                new Kind("join", () -> side -> {
                    Thread child = Thread.startVirtualThread(Thread::yield);
                    child.join();
                }),
                new Kind("queue", StaysOnItsCoreTest::queue));
    }

    /** Also: no wake-up is lost, which would show as a delay of a second that a sleeping carrier ends by itself. */
    @ParameterizedTest
    @MethodSource("kinds")
    void everyLookOfAVirtualThreadIsOnTheCoreAskedFor(Kind kind) throws Exception {
        CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .idleStrategy(IdleStrategy.park())
                .name("stays")
                .start();
        try (cores) {
            assertEquals(0, misplaced(cores, kind, SAMPLES));
        }
        for (int cpu : cores.cores()) {
            assertEquals(0, ((VirtualCoreContext) cores.on(cpu).context()).forgottenWork());
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyLookOfAPlatformThreadIsOnTheCoreAskedFor(Kind kind) throws Exception {
        try (CoreManager cores =
                CoreManager.builder().mode(TaskMode.PLATFORM).name("stays").start()) {
            assertEquals(0, misplaced(cores, kind, SAMPLES / 10));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TaskMode.class,
            names = {"VIRTUAL", "PLATFORM"})
    void theCheckSeesATaskThatIsNotPinned(TaskMode mode) throws Exception {
        CpuSet all = ThreadAffinity.ofProcess();
        if (all.size() < 2) {
            org.junit.jupiter.api.Assumptions.abort("one CPU: nowhere to stray to");
        }
        // Every core on the last CPU: all looks of the tasks of all other cores are misplaced.
        try (CoreManager cores = CoreManager.builder()
                .mode(mode)
                .pinning(cpu -> ThreadAffinity.set(CpuSet.of(all.last())))
                .start()) {
            Kind yield = new Kind("yield", () -> side -> Thread.yield());
            assertEquals(100 * (all.size() - 1), misplaced(cores, yield, 100));
        }
    }

    private static int misplaced(CoreManager cores, Kind kind, int samples) throws Exception {
        List<Pair> pairs = new ArrayList<>();
        List<Future<?>> tasks = new ArrayList<>();
        AtomicInteger looks = new AtomicInteger();
        AtomicInteger misplaced = new AtomicInteger();
        for (int cpu : cores.cores()) {
            Pair pair = kind.maker().call();
            pairs.add(pair);
            for (int side = 0; side < 2; side++) {
                int self = side;
                tasks.add(cores.on(cpu).submit(() -> {
                    for (int i = 0; i < samples / 2; i++) {
                        pair.step(self);
                        looks.incrementAndGet();
                        if (ThreadAffinity.currentCpu() != cpu) {
                            misplaced.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
        }
        for (Future<?> task : tasks) {
            task.get();
        }
        for (Pair pair : pairs) {
            pair.close();
        }
        assertEquals(samples * cores.cores().size(), looks.get());
        return misplaced.get();
    }

    private static Pair lock() {
        ReentrantLock lock = new ReentrantLock(true);
        return side -> {
            lock.lock();
            try {
                Thread.yield(); // so that the other comes, finds it held and waits
            } finally {
                lock.unlock();
            }
        };
    }

    private static Pair monitor() {
        Object monitor = new Object();
        return side -> {
            synchronized (monitor) {
                Thread.yield();
            }
        };
    }

    private static Pair monitorWait() {
        return new Pair() {
            private int turn;

            @Override
            public synchronized void step(int side) throws InterruptedException {
                while (turn != side) {
                    wait();
                }
                turn = 1 - side;
                notifyAll();
            }
        };
    }

    private static Pair park() {
        return new Pair() {
            private final Thread[] threads = new Thread[2];
            private volatile int turn;

            @Override
            public void step(int side) {
                threads[side] = Thread.currentThread();
                while (turn != side) {
                    LockSupport.park(this);
                }
                turn = 1 - side;
                LockSupport.unpark(threads[1 - side]);
            }
        };
    }

    private static Pair queue() {
        SynchronousQueue<Integer> queue = new SynchronousQueue<>();
        return side -> {
            if (side == 0) {
                queue.put(1);
            } else {
                queue.take();
            }
        };
    }

    /** One byte there and back over a loopback connection. */
    private static final class SocketPair implements Pair {
        private final List<Socket> ends;

        SocketPair() throws IOException {
            try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                client.setTcpNoDelay(true);
                Socket accepted = server.accept();
                accepted.setTcpNoDelay(true);
                ends = List.of(client, accepted);
            }
        }

        @Override
        public void step(int side) throws IOException {
            Socket end = ends.get(side);
            if (side == 0) {
                end.getOutputStream().write(1);
                assertEquals(2, end.getInputStream().read());
            } else {
                assertEquals(1, end.getInputStream().read());
                end.getOutputStream().write(2);
            }
        }

        @Override
        public void close() throws IOException {
            for (Socket end : ends) {
                end.close();
            }
        }
    }

    private static final class PipePair implements Pair {
        private final Pipe there = Pipe.open();
        private final Pipe back = Pipe.open();

        PipePair() throws IOException {}

        @Override
        public void step(int side) throws IOException {
            ByteBuffer one = ByteBuffer.allocate(1);
            (side == 0 ? there : back).sink().write(ByteBuffer.allocate(1));
            assertEquals(1, (side == 0 ? back : there).source().read(one));
        }

        @Override
        public void close() throws IOException {
            for (Pipe pipe : List.of(there, back)) {
                pipe.sink().close();
                pipe.source().close();
            }
        }
    }

    private static final class FilePair implements Pair {
        private static final AtomicInteger NUMBER = new AtomicInteger();

        private final FileChannel file = FileChannel.open(
                directory.resolve("file-" + NUMBER.incrementAndGet()),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);

        FilePair() throws IOException {}

        @Override
        public void step(int side) throws IOException {
            ByteBuffer block = ByteBuffer.allocate(512);
            assertEquals(512, file.write(block, 512L * side));
            block.clear();
            assertEquals(512, file.read(block, 512L * side));
            assertTrue(file.isOpen());
            Thread.yield();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
