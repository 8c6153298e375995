package dev.heddle.affinity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ThreadAffinityTest {
    /** A CPU number that no machine that runs this test has. */
    private static final int ABSENT = 60_000;

    private CpuSet before = CpuSet.empty();

    @BeforeEach
    void remember() {
        before = ThreadAffinity.get();
    }

    @AfterEach
    void putBack() {
        ThreadAffinity.set(before);
    }

    @Test
    void aThreadIsOnTheCpuItIsPinnedToWhenSetReturns() {
        for (int cpu : before) {
            ThreadAffinity.set(CpuSet.of(cpu));
            assertEquals(cpu, ThreadAffinity.currentCpu());
            assertEquals(CpuSet.of(cpu), ThreadAffinity.get());
        }
    }

    @Test
    void theMaskIsTheKernels() throws IOException {
        CpuSet pinned = CpuSet.of(before.last());
        ThreadAffinity.set(pinned);
        assertEquals(pinned, maskInProc());
    }

    @Test
    void theProcessMaskIsNotTheCallers() {
        CpuSet whole = ThreadAffinity.ofProcess();
        ThreadAffinity.set(CpuSet.of(before.first()));
        assertEquals(whole, ThreadAffinity.ofProcess());
        assertTrue(whole.containsAll(before));
    }

    @Test
    void runWithPutsTheMaskBack() throws Exception {
        CpuSet one = CpuSet.of(before.first());
        ThreadAffinity.runWith(one, () -> assertEquals(one, ThreadAffinity.get()));
        assertEquals(before, ThreadAffinity.get());
        assertEquals(one, ThreadAffinity.callWith(one, ThreadAffinity::get));
        assertEquals(before, ThreadAffinity.get());
    }

    @Test
    void runWithPutsTheMaskBackWhenTheActionThrows() {
        CpuSet one = CpuSet.of(before.first());
        IllegalStateException thrown = new IllegalStateException("on purpose");
        assertEquals(
                thrown,
                assertThrows(
                        IllegalStateException.class,
                        () -> ThreadAffinity.runWith(one, () -> {
                            throw thrown;
                        })));
        assertEquals(before, ThreadAffinity.get());
    }

    @Test
    void anotherThreadIsSetByItsId() throws Exception {
        CpuSet one = CpuSet.of(before.last());
        CountDownLatch set = new CountDownLatch(1);
        FutureTask<Integer> id = new FutureTask<>(ThreadAffinity::currentThreadId);
        FutureTask<CpuSet> seen = new FutureTask<>(() -> {
            id.run();
            set.await();
            return ThreadAffinity.get();
        });
        Thread other = Thread.ofPlatform().start(seen);
        int threadId = id.get();
        assertNotEquals(ThreadAffinity.currentThreadId(), threadId);
        ThreadAffinity.set(threadId, one);
        assertEquals(one, ThreadAffinity.get(threadId));
        set.countDown();
        assertEquals(one, seen.get());
        other.join();
        assertEquals(before, ThreadAffinity.get());
    }

    @Test
    void aThreadThatIsGoneIsNamed() {
        int noThread = Integer.MAX_VALUE;
        NativeCallException e = assertThrows(NativeCallException.class, () -> ThreadAffinity.get(noThread));
        assertEquals("sched_getaffinity", e.call());
        assertEquals("ESRCH", e.errnoName());
        assertEquals(3, e.errno());
        assertTrue(e.arguments().contains("tid=" + noThread), e.arguments());
        assertTrue(String.valueOf(e.getMessage()).contains("no such thread"), e.getMessage());
        assertEquals(
                "ESRCH",
                assertThrows(NativeCallException.class, () -> ThreadAffinity.set(noThread, before))
                        .errnoName());
    }

    @Test
    void aCpuThatIsNotThereIsRefusedAndTheMaskStays() {
        NativeCallException e = assertThrows(NativeCallException.class, () -> ThreadAffinity.set(CpuSet.of(ABSENT)));
        assertEquals("pthread_setaffinity_np", e.call());
        assertEquals("EINVAL", e.errnoName());
        assertTrue(String.valueOf(e.getMessage()).contains("may use " + before), e.getMessage());
        assertEquals(before, ThreadAffinity.get());
    }

    /** The kernel takes such a mask and drops what it has not: only the read-back tells. */
    @Test
    void aMaskThatIsKeptOnlyInPartIsRefusedAndTheFormerOneIsBack() {
        CpuSet first = CpuSet.of(before.first());
        NativeCallException e =
                assertThrows(NativeCallException.class, () -> ThreadAffinity.set(first.union(CpuSet.of(ABSENT))));
        assertEquals(0, e.errno());
        assertTrue(String.valueOf(e.getMessage()).contains("kept only CPUs " + first), e.getMessage());
        assertEquals(before, ThreadAffinity.get());

        int self = ThreadAffinity.currentThreadId();
        assertThrows(NativeCallException.class, () -> ThreadAffinity.set(self, first.union(CpuSet.of(ABSENT))));
        assertEquals(before, ThreadAffinity.get());
    }

    @Test
    void nonsenseIsRefusedBeforeTheKernelIsAsked() {
        assertThrows(IllegalArgumentException.class, () -> ThreadAffinity.set(CpuSet.empty()));
        assertThrows(IllegalArgumentException.class, () -> ThreadAffinity.set(0, before));
        assertThrows(IllegalArgumentException.class, () -> ThreadAffinity.get(-1));
    }

    @Test
    void aVirtualThreadMayLookAndNotSet() throws Exception {
        FutureTask<Boolean> looked = new FutureTask<>(() -> {
            assertFalse(ThreadAffinity.get().isEmpty());
            assertTrue(ThreadAffinity.currentCpu() >= 0);
            assertThrows(WrongThreadException.class, () -> ThreadAffinity.set(before));
            assertThrows(WrongThreadException.class, () -> ThreadAffinity.runWith(before, () -> {}));
            return true;
        });
        Thread.startVirtualThread(looked);
        assertTrue(looked.get());
    }

    private static CpuSet maskInProc() throws IOException {
        var status = java.nio.file.Path.of("/proc/self/task/" + ThreadAffinity.currentThreadId() + "/status");
        try (var lines = java.nio.file.Files.lines(status)) {
            return lines.filter(line -> line.startsWith("Cpus_allowed:"))
                    .map(line -> CpuSet.parseMask(line.substring("Cpus_allowed:".length())))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
