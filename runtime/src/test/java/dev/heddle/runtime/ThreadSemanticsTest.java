package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.testing.ChildJvm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A task is a virtual thread like any other. */
final class ThreadSemanticsTest {
    private static final int CPU = ThreadAffinity.ofProcess().first();

    private final CoreManager cores =
            CoreManager.builder().mode(TaskMode.VIRTUAL).name("semantics").start();
    private final Core core = cores.on(CPU);

    @AfterEach
    void close() {
        cores.close();
    }

    @Test
    void aTaskIsAVirtualThreadWithTheNameItWasGiven() throws Exception {
        AtomicReference<Thread> seen = new AtomicReference<>();
        Thread named = core.start("weaver", () -> seen.set(Thread.currentThread()));
        named.join();
        assertEquals(named, seen.get());
        assertTrue(named.isVirtual());
        assertEquals("weaver", named.getName());
        assertEquals("", core.start(() -> {}).getName());
        assertTrue(core.submit(() -> Thread.currentThread().toString()).get().endsWith("@semantics-core-" + CPU));
    }

    @Test
    void threadLocalsAreTheTasksOwnAcrossSuspensions() throws Exception {
        ThreadLocal<String> local = new ThreadLocal<>();
        List<Future<String>> seen = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String mine = "task " + i;
            seen.add(core.submit(() -> {
                assertNull(local.get());
                local.set(mine);
                Thread.yield();
                LockSupport.parkNanos(1_000);
                return local.get();
            }));
        }
        for (int i = 0; i < 50; i++) {
            assertEquals("task " + i, seen.get(i).get());
        }
    }

    @Test
    void inheritableThreadLocalsComeFromTheSender() throws Exception {
        InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
        local.set("the sender's");
        try {
            assertEquals("the sender's", core.submit(local::get).get());
        } finally {
            local.remove();
        }
    }

    @Test
    void theInterruptOfATaskIsItsOwn() throws Exception {
        core.submit(() -> {
                    Thread.currentThread().interrupt();
                    Thread.yield();
                    assertTrue(Thread.currentThread().isInterrupted());
                    return null;
                })
                .get();
        assertFalse(core.submit(() -> Thread.currentThread().isInterrupted()).get());
    }

    /** An interrupt status that stayed set would make every park of the idle carrier return at once, for ever. */
    @Test
    void anInterruptedCarrierShakesItOff() throws Exception {
        Thread carrier = CoreManagerTest.threadsNamed("semantics-core-" + CPU).getFirst();
        Waiting.until("the idle carrier has parked", () -> carrier.getState() == Thread.State.TIMED_WAITING);
        carrier.interrupt();
        Waiting.until("the status is clear", () -> !carrier.isInterrupted());
        Waiting.until("it has parked again", () -> carrier.getState() == Thread.State.TIMED_WAITING);
        assertEquals(CPU, core.submit(ThreadAffinity::currentCpu).get());
    }

    @Test
    void theStackTraceOfAParkedTaskShowsWhereItIs() throws Exception {
        Thread parked = core.start(LockSupport::park);
        Waiting.until("it has parked", () -> parked.getState() == Thread.State.WAITING);
        assertTrue(
                Arrays.stream(parked.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("park")),
                Arrays.toString(parked.getStackTrace()));
        LockSupport.unpark(parked);
        parked.join();
    }

    /** Scoped values and structured concurrency are not in Java 22's API: a program of today's JDK uses them. */
    @Test
    void scopedValuesAndStructuredScopesWork() {
        assumeTrue(Runtime.version().feature() == 25, "the probe is written against the preview API of JDK 25");
        ChildJvm.Result result = ChildJvm.run(List.of(
                "--enable-preview",
                "--source",
                "25",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Path.of(System.getProperty("heddle.root"), "runtime/src/test/probes/StructuredProbe.java")
                        .toString()));
        assertEquals(0, result.exit(), result.output());
        assertTrue(result.output().contains("3 forks, 0 misplaced, scope value seen 3 times"), result.output());
    }
}
