package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cores whose carrier is blocked, or kept by a task that computes. */
final class HandOverTest {
    private static final int CPU = ThreadAffinity.ofProcess().last();

    @TempDir
    private Path folder = Path.of("");

    private static CoreManagerBuilder builder() {
        return CoreManager.builder().mode(TaskMode.VIRTUAL).name("hand-over").cores(CpuSet.of(CPU));
    }

    /** How a task may come to block its carrier. */
    enum Way {
        /** The monitor has to notice. */
        UNTOLD {
            @Override
            <T> T block(Callable<T> call) throws Exception {
                return call.call();
            }
        },
        TOLD {
            @Override
            <T> T block(Callable<T> call) throws Exception {
                return Blocking.call(call);
            }
        };

        abstract <T> T block(Callable<T> call) throws Exception;
    }

    @ParameterizedTest
    @EnumSource
    void aCoreWhoseTaskIsBlockedInTheKernelServesTheOthers(Way way) throws Exception {
        try (CoreManager cores = builder().start();
                Fifo fifo = new Fifo(folder)) {
            Core core = cores.on(CPU);
            for (int round = 0; round < 20; round++) {
                Future<Integer> blocked = core.submit(() -> {
                    way.block(fifo::read);
                    Thread.yield();
                    return ThreadAffinity.currentCpu();
                });
                for (int i = 0; i < 10; i++) {
                    assertEquals(CPU, core.submit(ThreadAffinity::currentCpu).get());
                }
                assertFalse(blocked.isDone());
                fifo.write();
                assertEquals(CPU, blocked.get());
            }
            assertTrue(core.statistics().handOvers() > 0);
        }
    }

    /** What waits is in the local queue when the task blocks, and nobody sends anything any more. */
    @ParameterizedTest
    @EnumSource
    void whatWaitedAlreadyGoesOnToo(Way way) throws Exception {
        try (CoreManager cores = builder().start();
                Fifo fifo = new Fifo(folder)) {
            Core core = cores.on(CPU);
            CountDownLatch ran = new CountDownLatch(2);
            Future<Integer> blocked = core.submit(() -> {
                core.start(ran::countDown);
                cores.anywhere().start(ran::countDown);
                return way.block(fifo::read);
            });
            ran.await();
            assertFalse(blocked.isDone());
            fifo.write();
            assertEquals(1, blocked.get());
        }
    }

    private static Callable<Integer> sameAgain(int number) {
        return () -> number;
    }

    /** It waits in the global queue, and no core is at rest to take it. */
    @ParameterizedTest
    @EnumSource
    void whatComesFromOutsideForAnyCoreGoesOnWhileEveryCoreIsBlocked(Way way) throws Exception {
        try (CoreManager cores = builder().start();
                Fifo fifo = new Fifo(folder)) {
            CountDownLatch blocks = new CountDownLatch(1);
            Future<Integer> blocked = cores.on(CPU).submit(() -> {
                blocks.countDown();
                return way.block(fifo::read);
            });
            blocks.await();
            for (int i = 0; i < 10; i++) {
                assertEquals(i, cores.anywhere().submit(sameAgain(i)).get());
            }
            assertFalse(blocked.isDone());
            fifo.write();
            assertEquals(1, blocked.get());
        }
    }

    @Test
    void whatComesFromOutsideForAnyCoreGoesOnWhileEveryCoreIsHogged() throws Exception {
        try (CoreManager cores = builder().start()) {
            CountDownLatch release = new CountDownLatch(1);
            Future<Integer> hog = cores.on(CPU).submit(() -> {
                while (release.getCount() > 0) {
                    Thread.onSpinWait();
                }
                return 1;
            });
            for (int i = 0; i < 10; i++) {
                assertEquals(i, cores.anywhere().submit(sameAgain(i)).get());
            }
            assertFalse(hog.isDone());
            release.countDown();
            assertEquals(1, hog.get());
        }
    }

    /** The monitor sleeps when all rests for some milliseconds. It must be awake again whenever a core is, however that came. */
    @ParameterizedTest
    @EnumSource
    void theMonitorSleepsOnlyWhileEveryCoreRests(Way first) throws Exception {
        try (CoreManager cores = builder().idleStrategy(IdleStrategy.park()).start();
                Fifo fifo = new Fifo(folder)) {
            Core core = cores.on(CPU);
            Random random = new Random(1);
            for (int round = 0; round < 300; round++) {
                CountDownLatch ran = new CountDownLatch(1);
                Future<Integer> blocked = core.submit(() -> {
                    long nanos = random.nextLong(4_000_000, 7_000_000);
                    first.block(() -> {
                        LockSupport.parkNanos(nanos); // with a carrier, or without, until the monitor is about to sleep
                        return 0;
                    });
                    core.start(ran::countDown);
                    return fifo.read(); // untold, and nobody sends anything any more
                });
                ran.await();
                fifo.write();
                assertEquals(1, blocked.get());
            }
        }
    }

    @Test
    void manyMayBlockAtOnceAndTheirCarriersAreNotKept() throws Exception {
        try (CoreManager cores = builder().start()) {
            Core core = cores.on(CPU);
            int tasks = 50;
            List<Fifo> fifos = new ArrayList<>();
            List<Future<Integer>> blocked = new ArrayList<>();
            CountDownLatch blocking = new CountDownLatch(tasks);
            for (int i = 0; i < tasks; i++) {
                Fifo fifo = new Fifo(folder);
                fifos.add(fifo);
                blocked.add(core.submit(() -> {
                    Blocking.call(() -> {
                        blocking.countDown();
                        return fifo.read();
                    });
                    return ThreadAffinity.currentCpu();
                }));
            }
            blocking.await();
            CoreStatistics now = core.statistics();
            assertTrue(now.carriers() >= tasks && now.carriers() <= tasks + 2 + now.spares(), now::toString);
            for (Fifo fifo : fifos) {
                fifo.write();
            }
            for (Future<Integer> each : blocked) {
                assertEquals(CPU, each.get());
            }
            Waiting.until(
                    "no more spares than a core keeps", () -> core.statistics().carriers() <= 5);
            for (Fifo fifo : fifos) {
                fifo.close();
            }
        }
    }

    @Test
    void aCallThatDoesNotBlockKeepsItsCoreAndItsCarrier() throws Exception {
        try (CoreManager cores = builder().start()) {
            Core core = cores.on(CPU);
            core.submit(() -> {
                        for (int i = 0; i < 10_000; i++) {
                            int seen = Blocking.call(ThreadAffinity::currentCpu);
                            assertEquals(CPU, seen);
                            assertEquals(core, cores.current().orElseThrow());
                        }
                        return 0;
                    })
                    .get();
            assertEquals(1, core.statistics().carriers());
        }
    }

    /** The call returns now while the core is free, now while another carrier sleeps as its owner, now while one works. */
    @Test
    void theCoreIsTakenBackInWhateverStateItIs() throws Exception {
        try (CoreManager cores = builder().idleStrategy(IdleStrategy.park()).start()) {
            Core core = cores.on(CPU);
            AtomicInteger ran = new AtomicInteger();
            AtomicInteger sent = new AtomicInteger();
            core.submit(() -> {
                        for (int i = 0; i < 2_000; i++) {
                            int wanted = i % 3;
                            Blocking.call(() -> {
                                if (wanted > 0) {
                                    sent.incrementAndGet();
                                    core.start(ran::incrementAndGet);
                                }
                                if (wanted == 2) {
                                    Waiting.spinUntil("another carrier ran it", () -> ran.get() == sent.get());
                                }
                                return 0;
                            });
                            assertEquals(CPU, ThreadAffinity.currentCpu());
                            Thread.yield();
                        }
                        return 0;
                    })
                    .get();
            Waiting.until("all ran", () -> ran.get() == sent.get());
        }
    }

    @Test
    void aCallMayNestSuspendAndThrow() throws Exception {
        try (CoreManager cores = builder().start()) {
            Core core = cores.on(CPU);
            assertEquals(
                    CPU,
                    core.submit(() -> Blocking.call(() -> {
                                Blocking.run(() -> {});
                                Thread.sleep(1); // from here on its carrier is whichever owns the core
                                return Blocking.call(ThreadAffinity::currentCpu);
                            }))
                            .get());
            core.submit(() -> {
                        assertThrows(
                                IOException.class,
                                () -> Blocking.call(() -> {
                                    throw new IOException("on purpose");
                                }));
                        assertEquals(core, cores.current().orElseThrow());
                        return 0;
                    })
                    .get();
            assertEquals(7, Blocking.call(() -> 7)); // here, on a thread that has no core
            FutureTask<Integer> onTheJdks = new FutureTask<>(() -> Blocking.call(() -> 8));
            Thread.startVirtualThread(onTheJdks);
            assertEquals(8, onTheJdks.get());
        }
    }

    @Test
    void aTaskThatComputesSharesItsCoreIfItMay() throws Exception {
        try (CoreManager cores = builder().start()) {
            Core core = cores.on(CPU);
            AtomicBoolean ran = new AtomicBoolean();
            Future<Integer> hog = core.submit(() -> {
                Waiting.spinUntil("the other task ran", ran::get);
                return ThreadAffinity.currentCpu();
            });
            assertEquals(CPU, core.submit(ThreadAffinity::currentCpu).get());
            ran.set(true);
            assertEquals(CPU, hog.get());
            assertEquals(1, core.statistics().hogs());
        }
    }

    @Test
    void aTaskThatComputesKeepsItsCoreWhereThePolicySaysSo() throws Exception {
        keepsItsCore(builder().hogs(HogPolicy.REPORT));
    }

    @Test
    void anExclusiveCoreIsNotTakenFromATaskThatComputes() throws Exception {
        keepsItsCore(builder().exclusive(CpuSet.of(CPU)));
    }

    private static void keepsItsCore(CoreManagerBuilder builder) throws Exception {
        try (CoreManager cores = builder.timeSlice(Duration.ofMillis(1)).start()) {
            Core core = cores.on(CPU);
            AtomicBoolean ran = new AtomicBoolean();
            Runnable other = () -> ran.set(true);
            BooleanSupplier isCounted = () -> core.statistics().hogs() > 0;
            Future<Boolean> hog = core.submit(() -> {
                core.start(other);
                Waiting.spinUntil(
                        "the monitor has seen it",
                        isCounted,
                        () -> ": " + core.statistics() + ", monitor at " + stackOfMonitor());
                long until = System.nanoTime() + 20_000_000; // many a round of the monitor
                Waiting.spinUntil("some rounds later", () -> System.nanoTime() > until);
                assertEquals(1, core.statistics().hogs()); // counted once, however often it is seen
                return ran.get();
            });
            assertFalse(hog.get());
            Waiting.until("the other task ran", ran::get);
            assertEquals(0, core.statistics().handOvers());
        }
    }

    /** Standard error, say, is a pipe that nobody reads. */
    @Test
    void aLogThatBlocksDoesNotHoldUpTheMonitor() throws Exception {
        CountDownLatch open = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(1);
        Logger log = Logger.getLogger("dev.heddle.runtime.internal.dispatch.Monitor");
        Handler handler = new ConsoleHandler() {
            @Override
            public void publish(LogRecord line) {
                blocked.countDown();
                try {
                    open.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        log.addHandler(handler);
        AtomicBoolean over = new AtomicBoolean();
        try (CoreManager cores = builder().timeSlice(Duration.ofMillis(1)).start()) {
            try {
                Core core = cores.on(CPU);
                core.start(() -> Waiting.spinUntil("the test is over", over::get));
                blocked.await();
                AtomicBoolean ran = new AtomicBoolean();
                core.start(() -> ran.set(true));
                Waiting.until("the other task ran", ran::get);
            } finally {
                over.set(true);
                open.countDown();
            }
        } finally {
            log.removeHandler(handler);
        }
    }

    /** Where nothing has blocked for a second the monitor takes its time. Its rounds are not late for that. */
    @Test
    void aCoreIsHandedOverAfterAQuietTimeToo() throws Exception {
        // Of a round that is late a blocked carrier is taken for one only after a time slice: here, never.
        try (CoreManager cores = builder().timeSlice(Duration.ofDays(1)).start();
                Fifo fifo = new Fifo(folder)) {
            Core core = cores.on(CPU);
            core.submit(() -> {
                        long start = System.nanoTime();
                        while (System.nanoTime() - start < 1_500_000_000) {
                            Thread.yield();
                        }
                        return null;
                    })
                    .get();
            Future<Integer> blocked = core.submit(fifo::read);
            Future<Integer> next = core.submit(ThreadAffinity::currentCpu);
            Waiting.until("the core was handed over", next::isDone);
            assertEquals(CPU, next.get());
            assertFalse(blocked.isDone());
            fifo.write();
            assertEquals(1, blocked.get());
        }
    }

    private static String stackOfMonitor() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(each -> each.getKey().getName().equals("hand-over-monitor"))
                .map(each -> Arrays.toString(each.getValue()))
                .findAny()
                .orElse("no place: it has ended");
    }

    @Test
    void anExclusiveCoreIsNotTakenFromATaskThatBlocksButByBlocking() throws Exception {
        CpuSet all = ThreadAffinity.ofProcess();
        assumeTrue(all.size() >= 2, "one CPU: no other core shows that the monitor has looked");
        try (CoreManager cores = builder().cores(all).exclusive(CpuSet.of(CPU)).start();
                Fifo fifo = new Fifo(folder);
                Fifo others = new Fifo(folder)) {
            Core core = cores.on(CPU);
            Core other = cores.on(all.first());
            AtomicBoolean ran = new AtomicBoolean();
            CountDownLatch blocking = new CountDownLatch(1);
            Future<Boolean> blocked = core.submit(() -> {
                core.start(() -> ran.set(true));
                blocking.countDown();
                fifo.read();
                return ran.get();
            });
            blocking.await();
            for (int i = 0; i < 10; i++) { // each time the monitor has looked at both cores, and taken this one
                CountDownLatch served = new CountDownLatch(1);
                Future<Integer> untold = other.submit(() -> {
                    other.start(served::countDown);
                    return others.read();
                });
                served.await();
                others.write();
                assertEquals(1, untold.get());
            }
            fifo.write();
            assertFalse(blocked.get());
            Future<Integer> told = core.submit(() -> Blocking.call(fifo::read));
            assertEquals(CPU, core.submit(ThreadAffinity::currentCpu).get());
            fifo.write();
            assertEquals(1, told.get());
        }
    }

    @Test
    void aTaskThatComputesIsReportedInAFlightRecordingWithItsStack() throws Exception {
        AtomicReference<RecordedEvent> seen = new AtomicReference<>();
        try (RecordingStream recording = new RecordingStream();
                CoreManager cores = builder().start()) {
            recording.enable("dev.heddle.LongTask");
            recording.onEvent("dev.heddle.LongTask", seen::set);
            recording.startAsync();
            BooleanSupplier isCounted = () -> cores.on(CPU).statistics().hogs() > 0;
            assertFalse(isCounted.getAsBoolean()); // and linked: the task is to be seen where it waits
            for (int i = 0; i < 3_000; i++) { // what the carrier shows of itself has been replaced meanwhile
                cores.on(CPU).submit(() -> 1).get();
            }
            cores.on(CPU)
                    .submit(() -> {
                        Waiting.spinUntil("the monitor has seen it", isCounted);
                        return 0;
                    })
                    .get();
            assertEquals(1, cores.on(CPU).statistics().hogs());
            Waiting.until("the event came", () -> seen.get() != null);
            assertEquals(CPU, seen.get().getInt("cpu"));
            assertTrue(seen.get().getString("stack").contains("spinUntil"), seen.get()::toString);
        }
    }
}
