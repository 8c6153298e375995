package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.testing.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A core that spins asks the kernel for its sockets itself, and whatever becomes of it, no socket is forgotten. */
final class SocketsOfSpinningCoresTest {
    private static final CpuSet ALL = ThreadAffinity.ofProcess();
    private static final int CPU = ALL.last();
    private static final int ROUND_TRIPS = 200;

    @TempDir
    private Path folder;

    /** Two ends of a connection, of which one says the same again, on a virtual thread. */
    private static final class Echo implements AutoCloseable {
        private final Socket client;
        private final Socket server;

        Echo(Executor where) throws IOException {
            try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                client = new Socket(listener.getInetAddress(), listener.getLocalPort());
                client.setTcpNoDelay(true);
                client.setSoTimeout((int) Waiting.DEADLINE.toMillis());
                server = listener.accept();
                server.setTcpNoDelay(true);
            }
            where.execute(this::serve);
        }

        private void serve() {
            try {
                int value;
                while ((value = server.getInputStream().read()) >= 0) {
                    server.getOutputStream().write(value);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void roundTrips(int count) throws IOException {
            for (int i = 0; i < count; i++) {
                client.getOutputStream().write(i & 0x7f);
                assertEquals(i & 0x7f, client.getInputStream().read());
            }
        }

        @Override
        public void close() throws IOException {
            client.close(); // which ends the other end's loop
        }
    }

    private static CoreManagerBuilder spinning() {
        return CoreManager.builder().mode(TaskMode.VIRTUAL).idleStrategy(IdleStrategy.busySpin());
    }

    private static Executor virtualThreads() {
        return Thread::startVirtualThread;
    }

    /** What goes on while the dispatches are counted. */
    private interface Requests {
        void send(CoreManager cores, Echo echo) throws Exception;
    }

    /** How many dispatches they take, once the core has taken its sockets over. */
    private static long dispatchesOf(Requests requests) throws Exception {
        try (CoreManager cores = spinning().cores(CpuSet.of(CPU)).start();
                Echo echo = new Echo(cores.on(CPU)::start)) {
            echo.roundTrips(ROUND_TRIPS);
            long before = cores.on(CPU).statistics().dispatches();
            requests.send(cores, echo);
            return cores.on(CPU).statistics().dispatches() - before;
        }
    }

    /** A wake-up by a poller has three dispatches: of the poller, of who it wakes, and of the poller again, which finds no more. */
    @Test
    void aRequestTakesOneDispatch() throws Exception {
        long dispatches = dispatchesOf((cores, echo) -> echo.roundTrips(ROUND_TRIPS));
        assertTrue(dispatches < ROUND_TRIPS + ROUND_TRIPS / 2, () -> dispatches + " dispatches");
    }

    @Test
    void aRequestWithWorkForAnyCoreTakesOneMore() throws Exception {
        long dispatches = dispatchesOf((cores, echo) -> {
            for (int i = 0; i < ROUND_TRIPS; i++) {
                cores.anywhere().submit(() -> {}).get();
                echo.roundTrips(1);
            }
        });
        assertTrue(dispatches < 2 * ROUND_TRIPS + ROUND_TRIPS / 2, () -> dispatches + " dispatches");
    }

    /** In a JVM that has eight pollers: a core holds them all, so that a request takes one dispatch and few take more. */
    static final class ManyPollers {
        public static void main(String[] args) throws Exception {
            CoreManager cores = spinning().cores(CpuSet.of(CPU)).start();
            List<Echo> echoes = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                echoes.add(new Echo(cores.on(CPU)::start));
            }
            for (Echo echo : echoes) {
                echo.roundTrips(ROUND_TRIPS);
            }
            long before = cores.on(CPU).statistics().dispatches();
            for (int i = 0; i < ROUND_TRIPS; i++) {
                echoes.get(i % echoes.size()).roundTrips(1);
            }
            long dispatches = cores.on(CPU).statistics().dispatches() - before;
            System.out.println(dispatches + " dispatches");
            System.exit(dispatches < ROUND_TRIPS + ROUND_TRIPS / 2 ? 0 : 1);
        }
    }

    @Test
    void aCoreAsksForAllPollersThatItHasBeenGiven() {
        ChildJvm.Result result = ChildJvm.run(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "-Djdk.readPollers=8"),
                ManyPollers.class);
        assertEquals(0, result.exit(), result.output()); // which a report of a slow machine may stand in
    }

    @Test
    void aCoreThatNeverParksDoesNotBeforeItsFirstTaskEither() throws Exception {
        try (CoreManager cores = spinning().name("spins").cores(CpuSet.of(CPU)).start()) {
            Core core = cores.on(CPU);
            Waiting.until("it has spun or parked", () -> core.statistics().parks() > 0 || hasSpun("spins-core-" + CPU));
            assertEquals(0, core.statistics().parks());
            assertEquals(CPU, core.submit(ThreadAffinity::currentCpu).get());
            assertEquals(0, core.statistics().parks());
        }
    }

    /** Whether a thread has been on its CPU for more than it takes to start. */
    private static boolean hasSpun(String name) {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            for (Path thread : threads.toList()) {
                if (Files.readString(thread.resolve("comm")).strip().equals(name)) {
                    String onCpu = Files.readString(thread.resolve("schedstat")).split(" ", 2)[0];
                    return Long.parseLong(onCpu) > Duration.ofMillis(20).toNanos();
                }
            }
        } catch (IOException gone) {
            // one has ended between the listing and the look: the next look has another list
        }
        return false;
    }

    /** It spins, gives its sockets up, parks, and is woken for them; and the other way round. */
    @Test
    void aCoreThatParksAfterAWhileIsWokenForItsSockets() throws Exception {
        try (CoreManager cores = CoreManager.builder()
                        .mode(TaskMode.VIRTUAL)
                        .cores(CpuSet.of(CPU))
                        .idleStrategy(IdleStrategy.spinThenPark(Duration.ofMillis(2)))
                        .start();
                Echo echo = new Echo(cores.on(CPU)::start)) {
            for (int round = 0; round < 50; round++) {
                echo.roundTrips(10);
                if (round % 2 == 0) {
                    Waiting.until("parked", () -> cores.schedulerStatistics().idle() == 1);
                }
            }
        }
    }

    /** The pause between two requests is about as long as the core spins: each moment of giving up meets a request sometime. */
    @ParameterizedTest
    @ValueSource(ints = {20, 60, 100, 200})
    void aRequestIsNotLostWhileACoreGoesToRest(int micros) throws Exception {
        try (CoreManager cores = CoreManager.builder()
                        .mode(TaskMode.VIRTUAL)
                        .idleStrategy(IdleStrategy.spinThenPark(Duration.ofNanos(micros * 1_000L)))
                        .start();
                Echo echo = new Echo(cores.on(CPU)::start);
                Echo other = new Echo(virtualThreads())) {
            for (int i = 0; i < 2_000; i++) {
                echo.roundTrips(1);
                other.roundTrips(1);
                LockSupport.parkNanos(i % 100 * (micros * 10L));
            }
        }
    }

    /** The task ends when the other core's sockets have been served, and not before. */
    @Test
    void socketsOfOtherCoresAreServedWhileATaskComputesOnTheOneThatAsksForThem() throws Exception {
        assumeTrue(ALL.size() > 1, "one CPU: there is no other core");
        try (CoreManager cores = spinning()
                        .hogs(HogPolicy.SHARE)
                        .timeSlice(Duration.ofMinutes(5))
                        .start();
                Echo echo = new Echo(cores.on(CPU)::start);
                Echo other = new Echo(cores.on(ALL.first())::start)) {
            for (int round = 0; round < 5; round++) {
                echo.roundTrips(ROUND_TRIPS);
                CountDownLatch began = new CountDownLatch(ALL.size() - 1);
                CountDownLatch release = new CountDownLatch(1);
                for (int cpu : ALL.minus(CpuSet.of(ALL.first()))) {
                    cores.on(cpu).start(() -> {
                        began.countDown();
                        while (release.getCount() > 0) {
                            Thread.onSpinWait();
                        }
                    });
                }
                began.await();
                other.roundTrips(10);
                release.countDown();
            }
        }
    }

    /** How a task can hold its core up. */
    enum Holding {
        /** It sleeps in the kernel, which only the monitor sees. */
        BLOCKED,
        /** It says so. */
        ANNOUNCED,
        /** It computes. */
        COMPUTING
    }

    @ParameterizedTest
    @EnumSource
    void socketsLiveWhileATaskHoldsTheCoreThatAsksForThem(Holding how) throws Exception {
        try (CoreManager cores = spinning().cores(CpuSet.of(CPU)).start();
                Echo echo = new Echo(cores.on(CPU)::start);
                Echo other = new Echo(virtualThreads());
                Fifo fifo = new Fifo(folder)) {
            for (int round = 0; round < 5; round++) {
                echo.roundTrips(10);
                other.roundTrips(10);
                CountDownLatch began = new CountDownLatch(1);
                CountDownLatch release = new CountDownLatch(1);
                Future<?> holder = cores.on(CPU).submit(() -> {
                    began.countDown();
                    switch (how) {
                        case BLOCKED -> fifo.read();
                        case ANNOUNCED -> Blocking.call(fifo::read);
                        case COMPUTING -> {
                            while (release.getCount() > 0) {
                                Thread.onSpinWait();
                            }
                        }
                    }
                    return null;
                });
                began.await();
                echo.roundTrips(10);
                other.roundTrips(10);
                assertFalse(holder.isDone());
                release.countDown();
                if (how != Holding.COMPUTING) {
                    fifo.write();
                }
                holder.get();
            }
        }
    }

    @Test
    void socketsOfOthersLiveOnWhenTheManagerIsClosed() throws Exception {
        try (Echo other = new Echo(virtualThreads())) {
            for (int round = 0; round < 5; round++) {
                CoreManager cores = spinning().start();
                try (Echo echo = new Echo(cores.on(CPU)::start)) {
                    echo.roundTrips(ROUND_TRIPS);
                    other.roundTrips(ROUND_TRIPS);
                } finally {
                    cores.close();
                }
                other.roundTrips(10);
            }
        }
    }

    @Test
    void socketsLiveOnWhenTheCoreIsRemovedAndItsTasksMove() throws Exception {
        assumeTrue(ALL.size() > 1, "one CPU: there is no core to remove");
        try (CoreManager cores = spinning().start();
                Echo other = new Echo(virtualThreads())) {
            for (int round = 0; round < 5; round++) {
                try (Echo echo = new Echo(cores.on(CPU)::start)) {
                    echo.roundTrips(ROUND_TRIPS);
                    other.roundTrips(10);
                    cores.resize(ALL.minus(CpuSet.of(CPU)), ResizePolicy.MOVE);
                    echo.roundTrips(10);
                    other.roundTrips(10);
                }
                cores.resize(ALL);
            }
        }
    }

    @Test
    void socketsLiveOnWhileARemovedCoreServesItsLastTask() throws Exception {
        assumeTrue(ALL.size() > 1, "one CPU: there is no core to remove");
        CountDownLatch release = new CountDownLatch(1);
        try (CoreManager cores = spinning().start();
                Echo other = new Echo(virtualThreads())) {
            Future<?> last = cores.on(CPU).submit(() -> {
                while (release.getCount() > 0) {
                    LockSupport.parkNanos(100_000); // returns at once when it has been interrupted
                }
            });
            other.roundTrips(ROUND_TRIPS);
            cores.resize(ALL.minus(CpuSet.of(CPU)), ResizePolicy.FAIL);
            other.roundTrips(ROUND_TRIPS);
            assertFalse(last.isDone());
            release.countDown();
            last.get();
            other.roundTrips(ROUND_TRIPS);
        }
    }

    /** The core never spins, and its pollers have their turns between others. */
    @Test
    void socketsLiveBesideATaskThatOnlyYields() throws Exception {
        try (CoreManager cores = spinning().cores(CpuSet.of(CPU)).start();
                Echo echo = new Echo(cores.on(CPU)::start)) {
            echo.roundTrips(ROUND_TRIPS);
            CountDownLatch release = new CountDownLatch(1);
            Future<?> busy = cores.on(CPU).submit(() -> {
                while (release.getCount() > 0) {
                    Thread.yield();
                }
            });
            echo.roundTrips(ROUND_TRIPS);
            release.countDown();
            busy.get();
        }
    }
}
