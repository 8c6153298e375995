package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Real CPUs go while tasks run: out of the cpuset, or offline. Needs to be root on a machine of its own with four CPUs and
 * the cpuset controller: {@code verification/on-many-cpus} in a virtual machine.
 */
final class LostCpuTest {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    private static final Path CGROUP = CGROUPS.resolve("heddle-lost-cpu-test");
    private static final int TASKS_PER_CORE = 20;

    private final CpuSet all = ThreadAffinity.ofProcess();
    private final CpuSet half = CpuSet.of(all.stream().limit(all.size() / 2).toArray());
    private final CpuSet otherHalf = all.minus(half);

    @BeforeEach
    void enterACgroup() throws IOException {
        String skipped = "SKIPPED: real CPUs are taken away only from root with four CPUs and the cpuset controller";
        boolean can = all.size() >= 4 && Files.isWritable(CGROUPS.resolve("cgroup.subtree_control")) && isCpusetThere();
        if (!can) {
            System.err.println(skipped);
        }
        Assumptions.assumeTrue(can, skipped);
        Files.createDirectory(CGROUP);
        write(CGROUP.resolve("cpuset.cpus"), all.toString());
        write(
                CGROUP.resolve("cgroup.procs"),
                String.valueOf(ProcessHandle.current().pid()));
    }

    private static boolean isCpusetThere() throws IOException {
        return Files.readString(CGROUPS.resolve("cgroup.subtree_control")).contains("cpuset");
    }

    @AfterEach
    void leaveIt() throws IOException {
        if (Files.isDirectory(CGROUP)) {
            write(
                    CGROUPS.resolve("cgroup.procs"),
                    String.valueOf(ProcessHandle.current().pid()));
            Files.delete(CGROUP);
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
    }

    private static void setCpuset(CpuSet cpus) throws IOException {
        write(CGROUP.resolve("cpuset.cpus"), cpus.toString());
    }

    private static void setOnline(int cpu, boolean online) throws IOException {
        write(Path.of("/sys/devices/system/cpu/cpu" + cpu + "/online"), online ? "1" : "0");
    }

    /** Tasks on every core that look, again and again, whether they are on the core that they are told they are on. */
    private static final class Load implements AutoCloseable {
        private final CoreManager manager;
        private final List<Future<Boolean>> tasks = new ArrayList<>();
        private final AtomicLong looks = new AtomicLong();
        private final AtomicLong misplaced = new AtomicLong();
        private volatile boolean over;

        Load(CoreManager manager) {
            this.manager = manager;
            for (int cpu : manager.cores()) {
                for (int i = 0; i < TASKS_PER_CORE; i++) {
                    tasks.add(manager.on(cpu).submit(this::run));
                }
            }
        }

        private boolean run() {
            while (!over) {
                looks.getAndIncrement();
                // A core that was removed has none, and neither has a task that has yet to move.
                boolean wrong = manager.current()
                        .map(core -> core.cpu() != ThreadAffinity.currentCpu())
                        .orElse(true);
                if (wrong) {
                    misplaced.getAndIncrement();
                }
                LockSupport.parkNanos(200_000);
            }
            return true;
        }

        /** Waits until each task has looked some ten times more, and returns how many of these looks were misplaced. */
        long misplacedFromNow() {
            long before = misplaced.get();
            awaitMore(looks::get, 10L * tasks.size());
            return misplaced.get() - before;
        }

        private static void awaitMore(LongSupplier count, long more) {
            long wanted = count.getAsLong() + more;
            Waiting.until("more looks", () -> count.getAsLong() >= wanted);
        }

        /** Lets them end, also where the test has failed: the manager waits for them. */
        @Override
        public void close() {
            over = true;
        }

        void end() throws Exception {
            close();
            for (Future<Boolean> task : tasks) {
                assertTrue(task.get(60, TimeUnit.SECONDS));
            }
        }
    }

    private CoreManagerBuilder builder() {
        return CoreManager.builder().mode(TaskMode.VIRTUAL).cores(all).audit(1);
    }

    @Test
    void aCpusetThatShrinksCostsCoresAndNoTask() throws Exception {
        try (CoreManager cores = builder().start();
                Load load = new Load(cores)) {
            assertEquals(0, load.misplacedFromNow());
            setCpuset(half);
            Waiting.until("the removal", () -> cores.cores().equals(half));
            Waiting.until("all tasks being in place", () -> load.misplacedFromNow() == 0);
            assertTrue(cores.schedulerStatistics().pinsLost() >= otherHalf.size());

            setCpuset(all);
            Waiting.until("the CPUs", () -> ThreadAffinity.ofProcess().equals(all));
            cores.resize(all);
            // Linux 6.1 widens the masks of all threads when a CPU comes back: the watch has to pin them again first.
            Waiting.until("all tasks being in place", () -> load.misplacedFromNow() == 0);
            for (int cpu : all) {
                assertEquals(
                        cpu, cores.on(cpu).submit(ThreadAffinity::currentCpu).get(60, TimeUnit.SECONDS));
            }
            load.end();
        }
    }

    @Test
    void aCpuThatGoesOfflineCostsACoreAndNoTask() throws Exception {
        int victim = all.last();
        try (CoreManager cores = builder().start();
                Load load = new Load(cores)) {
            try {
                setOnline(victim, false);
                Waiting.until("the removal", () -> cores.cores().equals(all.minus(CpuSet.of(victim))));
                Waiting.until("all tasks being in place", () -> load.misplacedFromNow() == 0);
                assertTrue(cores.schedulerStatistics().pinsLost() >= 1);
            } finally {
                setOnline(victim, true);
            }
            Waiting.until("the CPU", () -> ThreadAffinity.ofProcess().equals(all));
            cores.resize(all);
            // Linux 6.1 widens the masks of all threads when a CPU comes back: the watch has to pin them again first.
            Waiting.until("all tasks being in place", () -> load.misplacedFromNow() == 0);
            assertEquals(
                    victim, cores.on(victim).submit(ThreadAffinity::currentCpu).get(60, TimeUnit.SECONDS));
            load.end();
        }
    }

    @Test
    void aCoreThatStaysIsPinnedAgainWhenItsCpuIsBack() throws Exception {
        try (CoreManager cores = builder().whenCpuGone(ResizePolicy.REFUSE).start();
                Load load = new Load(cores)) {
            setCpuset(half);
            Waiting.until("the loss", () -> cores.schedulerStatistics().pinsLost() >= otherHalf.size());
            assertEquals(all, cores.cores());
            assertTrue(load.misplacedFromNow() > 0, "which the audits count");
            setCpuset(all);
            Waiting.until("the return", () -> cores.schedulerStatistics().pinsRestored() >= otherHalf.size());
            Waiting.until("all tasks being in place", () -> load.misplacedFromNow() == 0);
            assertTrue(cores.statistics().stream()
                            .mapToLong(CoreStatistics::misplaced)
                            .sum()
                    > 0);
            load.end();
        }
    }
}
