package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.FakeMachine;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On a machine of two packages with two NUMA nodes each, two L3 caches to a node, two cores to a cache, SMT. */
final class PlacementTest {
    @TempDir
    private Path root;

    /** CPU c and c+16 are one core; cores 0-1 share a cache, 0-3 are a node, 0-7 a package. */
    private FakeMachine large() {
        FakeMachine fake = new FakeMachine(root, "0-31");
        for (int core = 0; core < 16; core++) {
            fake.cores(core + "," + (core + 16));
        }
        for (int cache = 0; cache < 16; cache += 2) {
            fake.l3(cache + "-" + (cache + 1) + "," + (cache + 16) + "-" + (cache + 17));
        }
        for (int node = 0; node < 4; node++) {
            int first = 4 * node;
            fake.node(node, first + "-" + (first + 3) + "," + (first + 16) + "-" + (first + 19), "10 20 30 30");
        }
        return fake.packages("0-7,16-23", "8-15,24-31");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "all | 0-31",
                "0-3,8 | 0-3,8",
                "0xf | 0-3",
                "one-per-core | 0-15",
                "spread:1 | 0",
                "spread:2 | 0,8",
                "spread:4 | 0,4,8,12",
                "spread:8 | 0,2,4,6,8,10,12,14",
                "spread:17 | 0-16",
                "pack:2 | 0-1",
                "pack:3 | 0-1,16",
                "pack:4 | 0-1,16-17",
                "pack:6 | 0-3,16-17",
                "pack:12 | 0-5,16-21",
                "pack:20 | 0-9,16-25",
                "node:2 | 8-11,24-27",
                "node:2/one-per-core | 8-11",
                "node:1/spread:2 | 4,6",
                "node:3/pack:2 | 12-13",
                "excluding:0-7,16-23/spread:2 | 8,12",
                "one-per-core/excluding:0/pack:2 | 2-3",
                "4-7/spread:2 | 4,6",
                "NODE:1/ One-Per-Core | 4-7"
            })
    void stepsNarrowFromLeftToRight(String text, String expected) {
        assertEquals(CpuSet.parse(expected), Placement.parse(text).resolve(large().read()), text);
    }

    @Test
    void theTextFormIsThatOfTheValue() {
        Placement placement = Placement.numaNode(1)
                .then(Placement.excluding(CpuSet.of(4)))
                .then(Placement.performanceCores())
                .then(Placement.onePerPhysicalCore())
                .then(Placement.spread(2));
        assertEquals("node:1/excluding:4/kind:performance/one-per-core/spread:2", placement.toString());
        assertEquals(placement, Placement.parse(placement.toString()));
        assertEquals(placement.hashCode(), Placement.parse(placement.toString()).hashCode());
    }

    @Test
    void kindsAreThoseOfTheMachine() {
        CpuTopology hybrid = new FakeMachine(root, "0-11")
                .cores("0-1", "2-3", "4", "5", "6", "7", "8", "9", "10", "11")
                .file("sys/devices/cpu_core/cpus", "0-3")
                .file("sys/devices/cpu_atom/cpus", "4-11")
                .read();
        assertEquals(CpuSet.parse("0-3"), Placement.performanceCores().resolve(hybrid));
        assertEquals(CpuSet.parse("4-11"), Placement.efficiencyCores().resolve(hybrid));
        assertEquals(
                CpuSet.of(0, 2),
                Placement.performanceCores()
                        .then(Placement.onePerPhysicalCore())
                        .resolve(hybrid));
    }

    @Test
    void isolatedCpusAreForWhoAsksForThem() {
        CpuTopology machine = large().cpuFile("isolated", "14-15,30-31")
                .affinity("0-13,16-29")
                .cgroup("/")
                .file("sys/fs/cgroup/cpuset.cpus.effective", "0-31")
                .read();
        assertEquals(CpuSet.parse("0-13,16-29"), Placement.all().resolve(machine));
        assertEquals(CpuSet.parse("14-15,30-31"), Placement.isolated().resolve(machine));
        assertEquals(CpuSet.of(14, 15), Placement.parse("isolated/one-per-core").resolve(machine));
        assertEquals(CpuSet.of(13, 14), Placement.cpus(CpuSet.of(13, 14)).resolve(machine));
        assertEquals(
                CpuSet.of(14, 15, 30, 31), Placement.parse("node:3/isolated").resolve(machine));
        assertEquals(CpuSet.of(12, 13, 28, 29), Placement.numaNode(3).resolve(machine));
        Placement onlyIsolated = Placement.excluding(CpuSet.parse("0-13,16-29"));
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> onlyIsolated.resolve(machine));
        assertTrue(String.valueOf(e.getMessage()).contains("only isolated CPUs are left, 14-15,30-31"), e.getMessage());
    }

    @Test
    void siblingsComeLastWhereNoCacheIsKnown() {
        CpuTopology machine =
                new FakeMachine(root, "0-7").cores("0-1", "2-3", "4-5", "6-7").read();
        assertEquals(CpuSet.of(0, 2), Placement.pack(2).resolve(machine));
        assertEquals(CpuSet.of(0, 1, 2, 4, 6), Placement.pack(5).resolve(machine));
        assertEquals(CpuSet.of(0, 2), Placement.spread(2).resolve(machine));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "40 | the machine has no CPU 40, it has 0-31; this process may use 0-7,16-23 (cgroup /pod). Choose among them",
                "0,31 | CPU 31 is offline; this process may use",
                "6-9 | CPUs 8-9 are not allowed; this process may use 0-7,16-23 (cgroup /pod). Choose among",
                "spread:17 | there are 16 CPUs to choose from, 0-7,16-23. The nearest is spread:16",
                "one-per-core/pack:9 | (step pack:9) cannot be met: there are 8 CPUs to choose from, 0-7. The nearest is pack:8",
                "node:4 | there is no NUMA node 4. There is node:0 with CPUs 0-3,16-19, node:1 with CPUs 4-7,20-23",
                "node:2 | none of its CPUs, 8-11,24-27, is among CPUs 0-7,16-23",
                "node:0/4-5 | the steps before it have left CPUs 0-3,16-19, without 4-5",
                "isolated | the kernel isolates no CPU",
                "kind:efficiency | the machine does not have cores of several kinds",
                "excluding:0-31 | it leaves none of CPUs 0-7,16-23"
            })
    void whatCannotBeMetSaysWhyAndWhatThereIs(String text, String message) {
        CpuTopology machine = large().cpuFile("online", "0-30")
                .cgroup("/pod")
                .file("sys/fs/cgroup/pod/cpuset.cpus.effective", "0-7,16-23")
                .read();
        Placement placement = Placement.parse(text);
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> placement.resolve(machine));
        assertTrue(String.valueOf(e.getMessage()).startsWith("placement " + placement), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }

    @Test
    void aNodeOfMemoryOnlyNamesItsNearest() {
        CpuTopology machine = new FakeMachine(root, "0-3")
                .node(0, "0-1", "10 20 40")
                .node(1, "2-3", "20 10 15")
                .node(2, "", "40 15 10")
                .read();
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> Placement.numaNode(2).resolve(machine));
        assertTrue(
                String.valueOf(e.getMessage()).contains("has memory and no CPU, its nearest are CPUs 2-3"),
                e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | it is empty",
                "all/ | it is empty",
                "spraed:4 | is none of a list of CPUs (0-3,8), all, one-per-core",
                "spread | needs a number after the colon, as in spread:1",
                "spread:x | needs a number",
                "spread:0 | spread chooses at least 1 CPU, not 0",
                "pack:99999999999 | needs a number",
                "kind:big | there are kind:performance and kind:efficiency",
                "all:3 | takes no value",
                "excluding: | names no CPU",
                "0-3- | malformed CPU set",
                "70000 | CPUs are numbered 0 to 65535",
                "node:-1 | needs a number"
            })
    void whatIsMalformedSaysWhere(String text, String message) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Placement.parse(text));
        assertTrue(String.valueOf(e.getMessage()).startsWith("malformed placement '" + text + "'"), e.getMessage());
        assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
    }

    @Test
    void anEmptySetIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Placement.cpus(CpuSet.empty()));
        assertThrows(IllegalArgumentException.class, () -> Placement.excluding(CpuSet.empty()));
        assertThrows(IllegalArgumentException.class, () -> Placement.numaNode(-1));
    }

    @Test
    void aManagerServesWhatAPlacementChooses() {
        try (CoreManager cores =
                CoreManager.builder().cores(Placement.spread(1)).start()) {
            assertEquals(1, cores.cores().size());
        }
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> CoreManager.builder().cores(Placement.spread(60_000)).start());
        assertTrue(String.valueOf(e.getMessage()).contains("CPUs to choose from"), e.getMessage());
    }
}
