package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.internal.dispatch.Pinning;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** For a while the system has no more threads to give: what was sent waits, runs once, and nobody has to send it again. */
final class LackOfCarriersTest {
    private static final int FIRST = ThreadAffinity.ofProcess().first();
    private static final int LAST = ThreadAffinity.ofProcess().last();

    /** What fails. */
    enum Step {
        START,
        PIN
    }

    /** The kernel's pinning, if it is let. */
    private static final class Scarce implements Pinning {
        private final AtomicInteger refused = new AtomicInteger();
        private volatile boolean startFails;
        private volatile boolean pinFails;

        void begin(Step step) {
            startFails = step == Step.START;
            pinFails = step == Step.PIN;
        }

        void end() {
            startFails = false;
            pinFails = false;
        }

        @Override
        public void start(Thread carrier) {
            refuseIf(startFails);
            carrier.start();
        }

        @Override
        public void pinTo(CpuSet cpus) {
            refuseIf(pinFails);
            ThreadAffinity.set(cpus);
        }

        private void refuseIf(boolean fails) {
            if (fails) {
                refused.getAndIncrement();
                throw new OutOfMemoryError("no thread, on purpose");
            }
        }

        void awaitRefusals(int more) {
            int wanted = refused.get() + more;
            Waiting.until("more carriers are refused", () -> refused.get() >= wanted);
        }
    }

    @TempDir
    private Path folder = Path.of("");

    private final Scarce threads = new Scarce();

    private CoreManager start(CpuSet cpus) {
        return CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .name("scarce")
                .cores(cpus)
                .pinning(threads)
                .start();
    }

    private CoreManager startTwo() {
        assumeTrue(FIRST != LAST, "SKIPPED: needs two CPUs");
        return start(CpuSet.of(FIRST, LAST));
    }

    /**
     * A task of this core gives it away, and there is nobody who would want it. Not before the call that has sent the task has
     * returned: a sender that loses its CPU before it looks whether the core rests would find it vacant, and start a carrier.
     */
    private static Future<?> leaveVacant(Core core, Fifo fifo) throws InterruptedException {
        AtomicBoolean sent = new AtomicBoolean();
        CountDownLatch blocking = new CountDownLatch(1);
        Future<?> blocked = core.submit(() -> {
            while (!sent.get()) {
                Thread.onSpinWait(); // to suspend would be to be sent once more
            }
            return Blocking.call(() -> {
                blocking.countDown();
                return fifo.read();
            });
        });
        sent.set(true);
        blocking.await();
        return blocked;
    }

    @ParameterizedTest
    @EnumSource
    void whatWaitsBesideABlockingCallIsServedWhenThereAreThreadsAgain(Step step) throws Exception {
        try (CoreManager cores = start(CpuSet.of(LAST));
                Fifo fifo = new Fifo(folder)) {
            Core core = cores.on(LAST);
            List<Future<Integer>> waiting = new ArrayList<>();
            AtomicInteger ran = new AtomicInteger();
            CountDownLatch blocking = new CountDownLatch(1);
            Future<?> blocked = core.submit(() -> {
                for (int i = 0; i < 5; i++) {
                    waiting.add(core.submit(ran::incrementAndGet));
                }
                threads.begin(step);
                return Blocking.call(() -> {
                    blocking.countDown();
                    return fifo.read();
                });
            });
            blocking.await();
            threads.awaitRefusals(
                    3); // one of them may be of the call: the others are tried again by nobody but the monitor
            assertEquals(0, ran.get());
            threads.end();
            for (Future<Integer> each : waiting) {
                each.get(60, TimeUnit.SECONDS);
            }
            assertEquals(5, ran.get());
            fifo.write();
            blocked.get();
        }
    }

    /** The monitor wants a carrier for the first core in vain, again and again. The last core has a spare one. */
    @Test
    void aCoreThatLacksACarrierDoesNotKeepAnotherOneFromBeingHandedOver() throws Exception {
        try (CoreManager cores = startTwo();
                Fifo first = new Fifo(folder);
                Fifo last = new Fifo(folder)) {
            Future<Integer> spareMaker = blockBeforeOthers(cores.on(LAST), last, new AtomicInteger());
            Waiting.until(
                    "the last core has got a second carrier",
                    () -> cores.on(LAST).statistics().carriers() == 2);
            last.write();
            spareMaker.get();

            threads.begin(Step.START);
            AtomicInteger ranOnFirst = new AtomicInteger();
            Future<Integer> blockedOnFirst = blockBeforeOthers(cores.on(FIRST), first, ranOnFirst);
            threads.awaitRefusals(2);
            AtomicInteger ranOnLast = new AtomicInteger();
            Future<Integer> blockedOnLast = blockBeforeOthers(cores.on(LAST), last, ranOnLast);
            Waiting.until("the last core has been handed over", () -> ranOnLast.get() == 1);
            assertEquals(0, ranOnFirst.get());

            threads.end();
            Waiting.until("the first core has been handed over", () -> ranOnFirst.get() == 1);
            first.write();
            last.write();
            blockedOnFirst.get();
            blockedOnLast.get();
        }
    }

    /** A task that sleeps in the kernel, which the scheduler is not told, and has sent another one to its core before. */
    private static Future<Integer> blockBeforeOthers(Core core, Fifo fifo, AtomicInteger ran) {
        return core.submit(() -> {
            core.start(ran::incrementAndGet);
            return fifo.read();
        });
    }

    @Test
    void aSenderWhoseCarrierCannotBeHadSendsOnce() throws Exception {
        try (CoreManager cores = startTwo();
                Fifo fifo = new Fifo(folder)) {
            Future<?> blocked = leaveVacant(cores.on(LAST), fifo);
            threads.begin(Step.START);
            AtomicInteger ran = new AtomicInteger();
            Future<Integer> fromOutside = cores.on(LAST).submit(ran::incrementAndGet);
            List<Future<Integer>> fromATask = new ArrayList<>();
            cores.on(FIRST)
                    .start(() -> fromATask.add(cores.on(LAST).submit(ran::incrementAndGet)))
                    .join();
            threads.awaitRefusals(2);
            assertEquals(0, ran.get());
            threads.end();
            fromOutside.get(60, TimeUnit.SECONDS);
            fromATask.getFirst().get(60, TimeUnit.SECONDS);
            assertEquals(2, ran.get());
            assertEquals(3, cores.on(LAST).statistics().started());
            fifo.write();
            blocked.get();
        }
    }

    /** Whoever has found work wakes the next core, if there is more. */
    @Test
    void aCoreThatFailsToWakeAnotherKeepsWhatItHasTaken() throws Exception {
        try (CoreManager cores = startTwo();
                Fifo fifo = new Fifo(folder)) {
            Future<?> blocked = leaveVacant(cores.on(LAST), fifo);
            threads.begin(Step.START);
            List<Future<Integer>> free = new ArrayList<>();
            for (int i = 0; i < 2000; i++) {
                free.add(cores.anywhere().submit(ThreadAffinity::currentCpu));
                free.add(cores.anywhere().submit(ThreadAffinity::currentCpu));
                free.get(2 * i).get(60, TimeUnit.SECONDS);
            }
            for (Future<Integer> each : free) {
                assertEquals(FIRST, each.get(60, TimeUnit.SECONDS));
            }
            assertTrue(threads.refused.get() > 0, "no core was woken in vain");
            threads.end();
            fifo.write();
            blocked.get();
        }
    }

    @Test
    void aCoreMovesItsTasksToOneThatHasNoCarrier() throws Exception {
        try (CoreManager cores = startTwo();
                Fifo fifo = new Fifo(folder)) {
            List<Future<?>> blocked = List.of(leaveVacant(cores.on(FIRST), fifo), leaveVacant(cores.on(LAST), fifo));
            threads.begin(Step.START);
            AtomicInteger ran = new AtomicInteger();
            List<Future<Integer>> waiting = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                waiting.add(cores.on(LAST).submit(() -> {
                    ran.incrementAndGet();
                    return ThreadAffinity.currentCpu();
                }));
            }
            cores.resize(CpuSet.of(FIRST), ResizePolicy.MOVE);
            threads.awaitRefusals(1);
            assertEquals(0, ran.get());
            threads.end();
            for (Future<Integer> each : waiting) {
                assertEquals(FIRST, each.get(60, TimeUnit.SECONDS));
            }
            assertEquals(5, ran.get());
            fifo.write();
            fifo.write();
            for (Future<?> each : blocked) {
                each.get();
            }
        }
    }
}
