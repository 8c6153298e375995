package dev.heddle.topology;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.topology.CoreKind.Tier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CpuTopologyTest {
    @TempDir
    private Path root;

    private static String lists(List<CpuSet> sets) {
        return String.join(" ", sets.stream().map(CpuSet::toString).toList());
    }

    private static String problems(CpuTopology machine) {
        return String.join(
                "\n", machine.problems().stream().map(ReadProblem::toString).toList());
    }

    @Test
    void thisMachineIsReadWithoutAProblem() throws IOException {
        CpuTopology machine = CpuTopology.read();
        assertEquals("", problems(machine));
        assertTrue(machine.allowed().containsAll(ThreadAffinity.ofProcess()), machine.toString());
        assertEquals(ThreadAffinity.ofProcess(), machine.affinity().orElseThrow());
        assertTrue(machine.physicalCores().stream().mapToInt(CpuSet::size).sum()
                == machine.online().size());
    }

    @Test
    void whatIsCloseStandsTogether() {
        CpuTopology machine = FakeMachine.twoPackages(root).read();
        assertEquals("0-1,4-5 2-3,6-7", lists(machine.packages()));
        assertEquals("0,4 1,5 2,6 3,7", lists(machine.physicalCores()));
        assertEquals("0-1,4-5 2-3,6-7", lists(machine.l3Groups()));
        assertEquals(CpuSet.of(2, 6), machine.siblings(6));
        assertEquals(CpuSet.parse("2-3,6-7"), machine.sharingL3(3));
        assertEquals(1, machine.numaNode(3).orElseThrow().node());
        assertEquals(Map.of(0, 21, 1, 10), machine.numaNode(3).orElseThrow().distances());
        assertEquals("", problems(machine));
    }

    @Test
    void coresAreListedPackageByPackageWhateverTheirNumbers() {
        CpuTopology machine = new FakeMachine(root, "0-3,100-103")
                .cores("0,100", "1,101", "2,102", "3,103")
                .packages("0,2,100,102", "1,3,101,103")
                .read();
        assertEquals("0,100 2,102 1,101 3,103", lists(machine.physicalCores()));
    }

    @Test
    void siblingsComeFromTheListWhereThereIsNoMask() {
        FakeMachine fake = new FakeMachine(root, "0-3");
        fake.ofEach("0,2", "topology/core_cpus_list", "0,2").ofEach("1,3", "topology/core_cpus_list", "1,3");
        fake.ofEach("0-3", "topology/core_id", "0"); // which would make them all one
        // Without a mask the kernel is an old one: the list has the old name too.
        fake.ofEach("0,2", "topology/thread_siblings_list", "0,2")
                .ofEach("1,3", "topology/thread_siblings_list", "1,3");
        assertEquals("0,2 1,3", lists(fake.read().physicalCores()));
    }

    @Test
    void aMachineThatTellsNothingIsOneNodeOfCpus() {
        CpuTopology machine = new FakeMachine(root, "0-3").read();
        assertEquals("", lists(machine.packages()));
        assertEquals("", lists(machine.l3Groups()));
        assertEquals("", lists(machine.physicalCores()));
        assertEquals(List.of(), machine.kinds());
        assertEquals(CpuSet.parse("0-3"), machine.allowed());
        assertEquals(List.of(new NumaNode(0, CpuSet.parse("0-3"), CpuSet.parse("0-3"), Map.of())), machine.numaNodes());
        assertEquals(CpuSet.of(2), machine.siblings(2));
    }

    @Test
    void cpu0MayBeOffline() {
        FakeMachine fake = FakeMachine.twoPackages(root).cpuFile("online", "1-7");
        CpuTopology machine = fake.read();
        assertEquals(CpuSet.parse("1-7"), machine.online());
        assertEquals(CpuSet.parse("0-7"), machine.present());
        assertEquals("1,5 4 2,6 3,7", lists(machine.physicalCores()));
    }

    @Test
    void aNodeOfMemoryOnlyIsNearToThoseThatTheDistancesPointTo() {
        CpuTopology machine = new FakeMachine(root, "0-3")
                .node(0, "0-1", "10 20 40")
                .node(1, "2-3", "20 10 15")
                .node(2, "", "40 15 10")
                .read();
        assertEquals(CpuSet.empty(), node(machine, 2).cpus());
        assertEquals(CpuSet.of(2, 3), nearest(machine, 2));
    }

    private static NumaNode node(CpuTopology machine, int number) {
        return machine.numaNodes().stream()
                .filter(node -> node.node() == number)
                .findFirst()
                .orElseThrow();
    }

    private static CpuSet nearest(CpuTopology machine, int node) {
        return node(machine, node).nearest();
    }

    @Test
    void aNodeOfMemoryThatIsNearestToOtherMemoryIsNearToNoCpus() {
        CpuTopology machine = new FakeMachine(root, "0-3")
                .node(0, "0-1", "10 20 40 40")
                .node(1, "2-3", "20 10 40 40")
                .node(2, "", "40 40 10 20")
                .node(3, "", "40 40 20 10")
                .read();
        assertEquals(CpuSet.empty(), nearest(machine, 2));
        assertEquals(CpuSet.empty(), nearest(machine, 3));
    }

    @Test
    void aNodeOfMemoryFindsWhatTheNodeThatItsFirmwareNamesHasFound() {
        String initiators = "/access0/initiators/node";
        CpuTopology machine = new FakeMachine(root, "0-5")
                .node(0, "", "10 20 20")
                .node(1, "0-1", "20 10 20")
                .node(2, "2-5", "20 20 10")
                .directory("sys/devices/system/node/node0" + initiators + 1)
                .directory("sys/devices/system/node/node1" + initiators + 2)
                .read();
        assertEquals(CpuSet.parse("0-5"), nearest(machine, 1));
        assertEquals(CpuSet.parse("0-5"), nearest(machine, 0));
    }

    @Test
    void memoryOnThePackageThatIsNoNodeIsACacheOfEachNode() {
        String processor = "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 87\n";
        FakeMachine knightsLanding = new FakeMachine(root, "0-3")
                .node(0, "0-1", "10 21")
                .node(1, "2-3", "21 10")
                .file("proc/cpuinfo", processor);
        assertEquals(
                List.of(CpuSet.of(0, 1), CpuSet.of(2, 3)), knightsLanding.read().l3Groups());
        assertEquals(
                List.of(),
                knightsLanding
                        .file("proc/cpuinfo", processor.replace("87", "85"))
                        .read()
                        .l3Groups());
    }

    @Test
    void kindsComeByCapacityThenByFrequency() {
        FakeMachine fake = new FakeMachine(root, "0-7")
                .ofEach("0-3", "cpu_capacity", "446")
                .ofEach("4-6", "cpu_capacity", "871")
                .ofEach("7", "cpu_capacity", "1024");
        List<CoreKind> kinds = fake.read().kinds();
        assertEquals("0-3 4-6 7", lists(kinds.stream().map(CoreKind::cpus).toList()));
        assertEquals(
                List.of(Tier.EFFICIENCY, Tier.PERFORMANCE, Tier.PERFORMANCE),
                kinds.stream().map(CoreKind::tier).toList());
    }

    @Test
    void theLuckOfTheSiliconMakesNoKind() {
        CpuTopology machine = new FakeMachine(root, "0-3")
                .ofEach("0-3", "cpufreq/base_frequency", "2000000")
                .ofEach("0-1", "cpufreq/cpuinfo_max_freq", "4000000")
                .ofEach("2-3", "cpufreq/cpuinfo_max_freq", "4200000")
                .read();
        assertEquals(1, machine.kinds().size());
        assertEquals(4000, machine.kinds().get(0).maxMegahertz().orElseThrow());
    }

    @Test
    void theKernelsOwnWordForAKindDecides() {
        CpuTopology machine = new FakeMachine(root, "0-3")
                .ofEach("0-3", "cpufreq/cpuinfo_max_freq", "3000000")
                .file("sys/devices/cpu_core/cpus", "0-1")
                .file("sys/devices/cpu_atom/cpus", "2-3")
                .read();
        assertEquals(
                "2-3 0-1", lists(machine.kinds().stream().map(CoreKind::cpus).toList()));
        assertEquals(Tier.EFFICIENCY, machine.kinds().get(0).tier());
    }

    @Test
    void theCpusetIsThatOfTheNearestCgroupThatHasOne() {
        CpuTopology machine = FakeMachine.twoPackages(root)
                .cgroup("/kubepods/pod1/c1")
                .file("sys/fs/cgroup/kubepods/cpuset.cpus.effective", "2-5")
                .file("sys/fs/cgroup/cpuset.cpus.effective", "0-7")
                .read();
        assertEquals(
                new CpusetLimit("/kubepods", CpuSet.parse("2-5")),
                machine.cpuset().orElseThrow());
        assertEquals(CpuSet.parse("2-5"), machine.allowed());
    }

    @Test
    void theCpusetOfTheFirstVersionIsReadToo() {
        CpuTopology machine = FakeMachine.twoPackages(root)
                .file("proc/mounts", "cgroup /sys/fs/cgroup/cpu\\040set cgroup rw,cpuset 0 0")
                .file("proc/self/cgroup", "4:cpuset:/docker/abc\n3:cpu,cpuacct:/docker/abc")
                .file("sys/fs/cgroup/cpu set/docker/abc/cpuset.cpus", "1,3")
                .read();
        assertEquals(CpuSet.of(1, 3), machine.allowed());
    }

    @Test
    void theTightestQuotaCounts() {
        FakeMachine fake = FakeMachine.twoPackages(root)
                .cgroup("/a/b")
                .file("sys/fs/cgroup/a/cpu.max", "150000 100000")
                .file("sys/fs/cgroup/a/b/cpu.max", "max 100000");
        assertEquals(new CpuQuota("/a", 150_000, 100_000), fake.read().quota().orElseThrow());
        assertEquals(1.5, fake.read().quota().orElseThrow().cpus());
        CpuTopology old = new FakeMachine(root.resolve("old"), "0-3")
                .file("proc/mounts", "cgroup /cg/cpu cgroup rw,cpu,cpuacct 0 0")
                .file("proc/self/cgroup", "3:cpu,cpuacct:/x")
                .file("cg/cpu/x/cpu.cfs_quota_us", "-1")
                .file("cg/cpu/cpu.cfs_quota_us", "50000")
                .file("cg/cpu/cpu.cfs_period_us", "100000")
                .read();
        assertEquals(0.5, old.quota().orElseThrow().cpus());
    }

    @Test
    void isolatedCpusOfTheCpusetAreAllowedThoughNoMaskHasThem() {
        CpuTopology machine = FakeMachine.twoPackages(root)
                .cpuFile("isolated", "6-7")
                .cpuFile("nohz_full", " (null)")
                .affinity("0-5")
                .cgroup("/")
                .file("sys/fs/cgroup/cpuset.cpus.effective", "0-7")
                .read();
        assertEquals(CpuSet.of(6, 7), machine.isolated());
        assertEquals(CpuSet.empty(), machine.nohzFull());
        assertEquals(CpuSet.parse("0-7"), machine.allowed());
        assertEquals("", problems(machine));
    }

    @Test
    void withoutACpusetTheMaskIsAllThatIsKnown() {
        CpuTopology machine = FakeMachine.twoPackages(root)
                .cpuFile("isolated", "6-7")
                .affinity("0-5")
                .read();
        assertEquals(CpuSet.parse("0-5"), machine.allowed());
    }

    @Test
    void aCoreInsideACoreIsReportedAndLeftOut() {
        FakeMachine fake = new FakeMachine(root, "0-3").cores("0-1", "2-3").ofEach("0", "topology/core_cpus", "f");
        CpuTopology machine = fake.read();
        assertEquals("0-3", lists(machine.physicalCores()));
        assertTrue(problems(machine).contains("inside one of its kind"), problems(machine));
        fake.ofEach("0", "topology/core_cpus", "1").ofEach("1", "topology/core_cpus", "e");
        assertEquals("0 1-3", lists(fake.read().physicalCores()));
    }

    @Test
    void theTightestOfSeveralCpusetMountsCounts() {
        CpuTopology machine = FakeMachine.twoPackages(root)
                .file("proc/self/cgroup", "0::/")
                .file(
                        "proc/mounts",
                        "cgroup2 /host/sys/fs/cgroup cgroup2 rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0")
                .file("host/sys/fs/cgroup/cgroup.controllers", "cpuset cpu")
                .file("host/sys/fs/cgroup/cpuset.cpus.effective", "0-7")
                .file("sys/fs/cgroup/cgroup.controllers", "cpuset cpu")
                .file("sys/fs/cgroup/cpuset.cpus.effective", "2-3")
                .read();
        assertEquals(CpuSet.of(2, 3), machine.allowed());
    }

    @Test
    void whatIsMalformedIsReportedAndPassedOver() {
        FakeMachine fake = FakeMachine.twoPackages(root)
                .ofEach("3", "topology/core_cpus", "xyzzy")
                .ofEach("2", "cpu_capacity", "many")
                .cpuFile("isolated", "1-")
                .node(1, "2-3,6-7", "21 near")
                .cgroup("/a")
                .file("sys/fs/cgroup/a/cpu.max", "lots 100000");
        CpuTopology machine = fake.read();
        assertEquals("0,4 1,5 2,6", lists(machine.physicalCores()));
        assertEquals(2, machine.numaNodes().size());
        for (String file :
                List.of("cpu3/topology/core_cpus", "cpu2/cpu_capacity", "isolated", "node1/distance", "cpu.max")) {
            assertTrue(problems(machine).contains(file), file + " in " + problems(machine));
        }
    }

    @Test
    void setsThatCrossAreReportedAndTheFirstIsBelieved() {
        CpuTopology machine = new FakeMachine(root, "0-3")
                .cores("0-1", "2-3")
                .ofEach("1", "cache/index3/level", "3")
                .ofEach("1", "cache/index3/type", "Unified")
                .ofEach("1", "cache/index3/shared_cpu_map", "6")
                .read();
        assertEquals("", lists(machine.l3Groups()));
        assertTrue(problems(machine).contains("crosses"), problems(machine));
    }

    @Test
    void anUnreadableFileIsReported() throws IOException {
        FakeMachine fake = FakeMachine.twoPackages(root);
        Path file = root.resolve("sys/devices/system/cpu/cpu3/topology/core_cpus");
        Files.delete(file);
        Files.createDirectory(file); // unreadable for root too
        CpuTopology machine = fake.read();
        assertTrue(problems(machine).contains("core_cpus: cannot be read"), problems(machine));
        assertEquals("0,4 1,5 2,6", lists(machine.physicalCores()));
    }

    @Test
    void aDirectoryThatIsNoSuchTreeIsNamed() {
        IOException e = assertThrows(IOException.class, () -> CpuTopology.read(root));
        assertTrue(String.valueOf(e.getMessage()).contains(root.toString()), e.getMessage());
        new FakeMachine(root, "");
        assertThrows(IOException.class, () -> CpuTopology.read(root), "no CPU at all");
    }

    @Test
    void fourThousandCpusAreRead() {
        FakeMachine fake = new FakeMachine(root, "0-4095");
        List<String> cores = new ArrayList<>();
        List<String> packages = new ArrayList<>();
        for (int cpu = 0; cpu < 2048; cpu++) {
            cores.add(cpu + "," + (cpu + 2048));
        }
        for (int i = 0; i < 32; i++) {
            packages.add(i * 64 + "-" + (i * 64 + 63) + "," + (2048 + i * 64) + "-" + (2048 + i * 64 + 63));
        }
        CpuTopology machine = fake.cores(cores.toArray(String[]::new))
                .packages(packages.toArray(String[]::new))
                .l3(packages.toArray(String[]::new))
                .read();
        assertEquals(2048, machine.physicalCores().size());
        assertEquals(packages, machine.packages().stream().map(CpuSet::toString).toList());
        assertEquals(packages, machine.l3Groups().stream().map(CpuSet::toString).toList());
    }

    @Test
    void whatIsRecordedIsReadAgainAsTheSame() throws IOException {
        FakeMachine fake = FakeMachine.twoPackages(root.resolve("original"))
                .cgroup("/a")
                .file("sys/fs/cgroup/a/cpuset.cpus.effective", "0-3")
                .cpuFile("online", "0-6")
                .cpuFile("present", "0-7")
                .affinity("0-7");
        Path copy = root.resolve("copy");
        TreeSet<String> recorded = new TreeSet<>();
        CpuTopology.read(fake.root(), new TopologyRecorder() {
            @Override
            public void directory(String path) {
                fake(() -> Files.createDirectories(copy.resolve(path)));
            }

            @Override
            public void file(String path, byte[] content) {
                recorded.add(path);
                fake(() -> Files.createDirectories(copy.resolve(path).getParent()));
                fake(() -> Files.write(copy.resolve(path), content));
            }
        });
        assertEquals(describe(fake.read()), describe(CpuTopology.read(copy)));
        assertFalse(recorded.contains("sys/devices/system/cpu/present"), "which nobody read");
    }

    private interface Action {
        Object run() throws IOException;
    }

    private static void fake(Action action) {
        try {
            action.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String describe(CpuTopology machine) {
        return machine
                + lists(machine.packages())
                + lists(machine.physicalCores())
                + machine.present()
                + machine.numaNodes()
                + machine.cpuset()
                + machine.affinity();
    }
}
