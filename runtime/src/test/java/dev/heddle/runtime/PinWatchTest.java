package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.internal.dispatch.Pinning;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel drops pins in silence, and the manager does not. The same with a real cpuset: verification/on-many-cpus. */
final class PinWatchTest {
    private final CpuSet all = ThreadAffinity.ofProcess();
    private final int first = all.first();
    private final int last = all.last();

    @BeforeEach
    void needsTwoCpus() {
        Assumptions.assumeTrue(all.size() > 1, "SKIPPED: this needs two CPUs");
    }

    /** CPUs that this says are gone cannot be pinned to, and carriers there have lost their pins; but of one carrier nothing is said. */
    private static final class FlakyCpus implements Pinning {
        private final AtomicLong looks = new AtomicLong();
        private volatile CpuSet gone = CpuSet.empty();
        private volatile int unread;

        @Override
        public void pinTo(CpuSet cpus) {
            ThreadAffinity.set(cpus);
        }

        @Override
        public Check check(int kernelId, CpuSet cpus) {
            looks.getAndIncrement();
            if (kernelId == unread) {
                throw new IllegalStateException("refused");
            }
            return gone.containsAll(cpus) ? new Check(Outcome.LOST, CpuSet.empty()) : Check.HELD;
        }
    }

    private CoreManagerBuilder builder() {
        return CoreManager.builder().mode(TaskMode.VIRTUAL).cores(CpuSet.of(first, last));
    }

    @Test
    void aCarrierThatSomethingHasSetFreeIsPinnedAgain(@TempDir Path scratch) throws Exception {
        try (Recording recording = new Recording();
                CoreManager cores = builder().start()) {
            recording.enable("dev.heddle.LostPin");
            recording.start();
            int carrier =
                    cores.on(first).submit(ThreadAffinity::currentThreadId).get();
            try {
                ThreadAffinity.set(carrier, all);
            } catch (NativeCallException pinnedAgainAlready) {
                // It was set, and the monitor was faster than the look whether that holds.
            }
            Waiting.until("the pin", () -> ThreadAffinity.get(carrier).equals(CpuSet.of(first)));
            Waiting.until("the count", () -> cores.on(first).statistics().pinsRestored() == 1);
            assertEquals(1, cores.on(first).statistics().pinsLost());
            assertEquals(1, cores.schedulerStatistics().pinsLost());
            assertEquals(1, cores.schedulerStatistics().pinsRestored());
            assertEquals(0, cores.on(last).statistics().pinsLost());
            assertTrue(cores.schedulerStatistics().toLine().endsWith(" lostpins=1"));
            assertEquals(
                    first, cores.on(first).submit(ThreadAffinity::currentCpu).get());

            Path file = scratch.resolve("recording.jfr");
            recording.dump(file);
            List<RecordedEvent> events = RecordingFile.readAllEvents(file);
            assertEquals(1, events.size());
            assertEquals(first, events.get(0).getInt("cpu"));
            assertEquals(all.toString(), events.get(0).getString("found"));
            assertTrue(events.get(0).getBoolean("restored"));
        }
    }

    @Test
    void theTasksOfACoreWhoseCpuIsGoneMoveAndNoneIsLost() throws Exception {
        FlakyCpus cpus = new FlakyCpus();
        try (CoreManager cores = builder().pinning(cpus).start()) {
            Core leaving = cores.on(last);
            CountDownLatch release = new CountDownLatch(1);
            List<Future<Boolean>> tasks = IntStream.range(0, 100)
                    .mapToObj(i -> leaving.submit(() -> {
                        release.await();
                        while (ThreadAffinity.currentCpu() != first) { // it moves when it suspends
                            LockSupport.parkNanos(100_000);
                        }
                        return true;
                    }))
                    .toList();
            cpus.gone = CpuSet.of(last);
            Waiting.until("the removal", () -> cores.cores().equals(CpuSet.of(first)));
            release.countDown();
            for (Future<Boolean> task : tasks) {
                assertTrue(task.get(30, TimeUnit.SECONDS));
            }
            assertTrue(cores.schedulerStatistics().pinsLost() >= 1);
            assertEquals(0, cores.schedulerStatistics().pinsRestored());
            assertThrows(IllegalArgumentException.class, () -> cores.on(last));

            cpus.gone = CpuSet.empty();
            cores.resize(CpuSet.of(first, last));
            assertEquals(last, cores.on(last).submit(ThreadAffinity::currentCpu).get());
        }
    }

    @Test
    void aCarrierThatCannotBeLookedAtHidesNoOtherOfItsCore(@TempDir Path folder) throws Exception {
        FlakyCpus cpus = new FlakyCpus();
        try (CoreManager cores = builder().pinning(cpus).start();
                Fifo fifo = new Fifo(folder)) {
            Core leaving = cores.on(last);
            Future<Integer> blocked = leaving.submit(() -> {
                cpus.unread = ThreadAffinity.currentThreadId();
                return Blocking.call(fifo::read);
            });
            try {
                assertEquals(1, leaving.submit(() -> 1).get(30, TimeUnit.SECONDS)); // by another carrier
                cpus.gone = CpuSet.of(last);
                Waiting.until("the removal", () -> cores.cores().equals(CpuSet.of(first)));
            } finally {
                fifo.write();
            }
            assertEquals(1, blocked.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void handOverGoesOnThoughEachLookAtThePinsFails(@TempDir Path folder) throws Exception {
        AtomicLong suspensions = new AtomicLong();
        AtomicBoolean done = new AtomicBoolean();
        Pinning failing = new Pinning() {
            @Override
            public void pinTo(CpuSet cpus) {
                ThreadAffinity.set(CpuSet.of(last));
            }

            @Override
            public Check check(int kernelId, CpuSet cpus) {
                long audited = suspensions.get() + 2; // so that after this look another one is asked for already
                while (suspensions.get() < audited && !done.get()) {
                    Thread.yield();
                }
                throw new AssertionError("no look succeeds");
            }
        };
        try (CoreManager cores = builder().audit(1).pinning(failing).start();
                Fifo fifo = new Fifo(folder)) {
            Future<?> misplaced = cores.on(first).submit(() -> {
                while (!done.get()) {
                    Thread.yield();
                    suspensions.getAndIncrement();
                }
            });
            Future<Integer> blocked = cores.on(last).submit(fifo::read);
            try {
                assertEquals(1, cores.on(last).submit(() -> 1).get(30, TimeUnit.SECONDS)); // by another carrier
            } finally {
                done.set(true);
                fifo.write();
            }
            assertEquals(1, blocked.get(30, TimeUnit.SECONDS));
            misplaced.get(30, TimeUnit.SECONDS);
            assertTrue(cores.on(first).statistics().misplaced() > 0);
        }
    }

    @Test
    void theTasksOfACoreWhoseCpuIsGoneFailIfTheyShall() {
        FlakyCpus cpus = new FlakyCpus();
        try (CoreManager cores =
                builder().pinning(cpus).whenCpuGone(ResizePolicy.FAIL).start()) {
            Future<Boolean> task = cores.on(last).submit(() -> {
                new CountDownLatch(1).await();
                return true;
            });
            cpus.gone = CpuSet.of(last);
            ExecutionException e = assertThrows(ExecutionException.class, () -> task.get(30, TimeUnit.SECONDS));
            assertInstanceOf(InterruptedException.class, e.getCause());
            Waiting.until("the removal", () -> cores.cores().equals(CpuSet.of(first)));
        }
    }

    @Test
    void aCoreThatHasTasksStaysIfItShallAndIsSaidToBeBack() throws Exception {
        FlakyCpus cpus = new FlakyCpus();
        AtomicBoolean done = new AtomicBoolean();
        try (CoreManager cores =
                builder().pinning(cpus).whenCpuGone(ResizePolicy.REFUSE).start()) {
            Future<?> task = cores.on(last).submit(() -> {
                while (!done.get()) {
                    LockSupport.parkNanos(100_000);
                }
                return null;
            });
            cpus.gone = CpuSet.of(last);
            Waiting.until("the loss", () -> cores.on(last).statistics().pinsLost() > 0);
            cpus.gone = CpuSet.empty();
            Waiting.until("the return", () -> cores.on(last).statistics().pinsRestored() > 0);
            assertEquals(CpuSet.of(first, last), cores.cores());
            done.set(true);
            task.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void theLastCoreStaysWhateverBecomesOfItsCpu() throws Exception {
        FlakyCpus cpus = new FlakyCpus();
        try (CoreManager cores = builder().cores(CpuSet.of(first)).pinning(cpus).start()) {
            cpus.gone = CpuSet.of(first);
            Waiting.until("the loss", () -> cores.schedulerStatistics().pinsLost() == 1);
            assertEquals(1, cores.on(first).submit(() -> 1).get(30, TimeUnit.SECONDS));
            // The manager is told again in each second: some looks later, when the monitor sleeps for seconds, it has
            // decided.
            long looks = cpus.looks.get();
            Waiting.until("the decision", () -> cpus.looks.get() > looks + 8);
            assertEquals(CpuSet.of(first), cores.cores());
            assertEquals(1, cores.schedulerStatistics().pinsLost());
        }
    }

    @Test
    void anAuditFindsWhatIsNotInPlace() throws Exception {
        try (CoreManager cores = builder()
                .audit(1)
                .pinning(cpus -> ThreadAffinity.set(CpuSet.of(last)))
                .start()) {
            cores.on(first).submit(() -> 1).get();
            cores.on(last).submit(() -> 1).get();
            Waiting.until("the audits", () -> cores.statistics().stream().allMatch(each -> each.audits() > 0));
            assertTrue(cores.on(first).statistics().misplaced() > 0);
            assertEquals(0, cores.on(last).statistics().misplaced());
        }
    }

    @Test
    void anAuditComesAfterSoManyDispatches() throws Exception {
        try (CoreManager cores = builder().audit(10).start()) {
            for (int i = 0; i < 1000; i++) {
                cores.on(first).submit(() -> 1).get();
            }
            long audits = cores.on(first).statistics().audits();
            long dispatches = cores.on(first).statistics().dispatches();
            assertTrue(audits >= 90 && audits <= dispatches / 10, audits + " of " + dispatches);
            assertEquals(0, cores.on(first).statistics().misplaced());
            assertThrows(IllegalArgumentException.class, () -> builder().audit(0));
        }
        try (CoreManager cores = builder().start()) {
            cores.on(first).submit(() -> 1).get();
            assertEquals(0, cores.on(first).statistics().audits());
            assertTrue(cores.closeWithin(Duration.ofSeconds(10), Duration.ofSeconds(1))
                    .isComplete());
        }
    }
}
