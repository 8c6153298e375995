package dev.heddle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.cli.Check.Status;
import dev.heddle.runtime.Placement;
import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the doctor finds on machines that were recorded, and on this one. */
final class DoctorTest {
    @TempDir
    private Path root;

    private static Map<String, Check> byName(List<Check> checks) {
        Map<String, Check> byName = new TreeMap<>();
        checks.forEach(check -> byName.put(check.name(), check));
        return byName;
    }

    private Map<String, Check> machine(String name, String placement) throws IOException {
        RecordedMachine.unpackOwn(name, root);
        return again(placement);
    }

    private Map<String, Check> again(String placement) throws IOException {
        CpuTopology machine = CpuTopology.read(root);
        CpuSet cores = Placement.parse(placement).resolve(machine);
        Map<String, Check> checks = byName(new MachineChecks(root, machine, cores).all());
        checks.putAll(byName(new NeighbourChecks(root, machine, cores).all()));
        return checks;
    }

    private void write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text + "\n");
    }

    private static void assertCheck(
            Map<String, Check> checks, String name, Status status, String found, String advice) {
        Check check = checks.get(name);
        assertTrue(check != null, () -> name + " in " + checks.keySet());
        assertEquals(status, check.status(), check::toString);
        assertTrue(check.found().contains(found), check::toString);
        assertTrue(check.advice().contains(advice), check::toString);
        assertEquals(check.status() == Status.OK, check.advice().isEmpty(), check::toString);
    }

    private static String found(Map<String, Check> checks, String name) {
        Check check = checks.get(name);
        return check == null ? "" : check.found();
    }

    @Test
    void aQuotaBelowTheCoresIsToBeMended() throws IOException {
        Map<String, Check> checks = machine("isolated-cpuset-quota", "all");
        assertCheck(
                checks,
                "quota",
                Status.FAIL,
                "1.50 CPUs: 150000 of every 100000 us  (cgroup /pod)",
                "use one core (--cores spread:1, HEDDLE_CORES=1); or raise the limit to 5 (docker run --cpus 5");
        assertTrue(found(checks, "quota").contains("stops all of them for about 70 of every 100 ms"));
        write("sys/fs/cgroup/pod/cpu.stat", "usage_usec 5\nnr_periods 20\nnr_throttled 7");
        assertTrue(found(again("all"), "quota").contains("throttled in 7 of 20 periods so far"));
        assertCheck(again("spread:1"), "quota", Status.WARN, "1.50 CPUs", "leave a CPU more than there are cores");
        write("sys/fs/cgroup/pod/cpu.stat", "nr_periods 200\nnr_throttled 3");
        assertCheck(again("spread:1"), "quota", Status.OK, "1.50 CPUs", "");
        write("sys/fs/cgroup/pod/cpu.max", "50000 100000");
        assertCheck(
                again("all"),
                "quota",
                Status.FAIL,
                "about 90 of every 100 ms",
                "use one core (--cores spread:1, HEDDLE_CORES=1) and raise the limit to 1;");
    }

    @Test
    void whoLimitsTheCpusIsNamed() throws IOException {
        assertCheck(
                machine("isolated-cpuset-quota", "all"),
                "allowed",
                Status.OK,
                "CPUs 2-4,6-7 of 0-4,6-7, limited by the cpuset of cgroup /pod",
                "");
        write("sys/fs/cgroup/pod/cpuset.cpus.effective", "3");
        assertCheck(again("all"), "allowed", Status.WARN, "CPU 3 of 0-4,6-7", "docker run --cpuset-cpus LIST");
        write("sys/fs/cgroup/pod/cpuset.cpus.effective", "0-7");
        write("proc/self/status", "Cpus_allowed_list:\t2");
        assertCheck(again("2"), "allowed", Status.OK, "limited by the affinity mask that it was started with", "");
        write("sys/devices/system/cpu/isolated", "");
        assertCheck(again("2"), "allowed", Status.WARN, "CPU 2 of 0-4,6-7", "taskset -c LIST");
    }

    @Test
    void siblingsAndIsolatedCoresAreNamed() throws IOException {
        Map<String, Check> both = machine("isolated-cpuset-quota", "2-3,6");
        assertCheck(both, "smt", Status.WARN, "share execution units: 2-3", "one-per-core");
        assertCheck(
                both, "isolated", Status.WARN, "cores 6 are kept free by the kernel, cores 2-3 are not", "isolated");
        Map<String, Check> one = again("2");
        assertCheck(one, "smt", Status.OK, "SMT siblings of the cores, CPU 3, are left", "");
        assertCheck(one, "isolated", Status.WARN, "the kernel keeps CPUs 6-7 free", "--cores isolated");
        Map<String, Check> isolated = again("isolated");
        assertCheck(isolated, "isolated", Status.OK, "all cores are kept free", "");
        assertCheck(isolated, "nohz_full", Status.OK, "no timer tick", "");
    }

    @Test
    void aGovernorThatFollowsTheLoadIsNamed() throws IOException {
        assertCheck(
                machine("two-packages", "all"), "governor", Status.OK, "the kernel shows no frequency governor", "");
        for (int cpu = 0; cpu < 8; cpu++) {
            write(
                    "sys/devices/system/cpu/cpu" + cpu + "/cpufreq/scaling_governor",
                    cpu < 4 ? "powersave" : "performance");
        }
        assertCheck(
                again("2-5"), "governor", Status.WARN, "the frequency of CPUs 2-3 follows the load", "cpupower -c 2-3");
        assertCheck(again("4-5"), "governor", Status.OK, "performance", "");
    }

    @Test
    void interruptsThatComeToTheCoresAreNamed() throws IOException {
        machine("two-packages", "all");
        write("proc/interrupts", """
                            CPU0       CPU1       CPU2       CPU3       CPU4       CPU5       CPU6       CPU7
                  9:          4          0          0          0          0          0          0          0  IO-APIC  acpi
                 24:          0          0          7          0          0          0          0          0  PCI-MSI  nvme0q1
                 25:          0          0          9          0          0          0          0          0  PCI-MSI  eth0-rx
                NMI:          0          0          3          0          0          0          0          0  interrupts""");
        write("proc/irq/24/effective_affinity_list", "2");
        write("proc/irq/25/effective_affinity_list", "5"); // it was moved since
        assertCheck(
                again("2-3"),
                "irqs",
                Status.WARN,
                "cores: 24 (nvme0q1)",
                "echo 0-1,4-7 > /proc/irq/N/smp_affinity_list");
        assertTrue(!found(again("2-3"), "irqs").contains("25"));
        assertCheck(again("3"), "irqs", Status.OK, "no device's interrupts", "");
        assertCheck(again("all"), "irqs", Status.OK, "9 (acpi); 24 (nvme0q1); 25 (eth0-rx). There is no other CPU", "");
    }

    @Test
    void programsThatArePinnedToTheCoresAreNamed() throws IOException {
        machine("two-packages", "all");
        assertCheck(again("2"), "processes", Status.OK, "no other process is to be seen", "");
        process(7, "bash", "0-7", "0");
        process(8, "dpdk", "2-3", "0");
        process(9, "migration/2", "2", "2129984"); // the kernel's own
        assertCheck(again("2,5"), "processes", Status.WARN, "8 (dpdk) on 2", "--cores 5");
        assertCheck(again("5"), "processes", Status.OK, "none of the 3 other processes", "");
    }

    @Test
    void masksWithoutTheIsolatedCpusAreNoPins() throws IOException {
        machine("isolated-cpuset-quota", "all");
        process(7, "init", "0-4", "0");
        assertCheck(again("2-3"), "processes", Status.OK, "none of the 1 other", "");
        write("proc/interrupts", """
                            CPU0       CPU1       CPU2       CPU3       CPU4       CPU6       CPU7
                 24:          0          0          7          0          0          0          0  PCI-MSI  nvme0q1""");
        assertCheck(again("2-4"), "irqs", Status.WARN, "24 (nvme0q1)", "echo 0-1 > /proc");
    }

    private void process(int id, String name, String cpus, String flags) throws IOException {
        for (String directory : List.of("proc/" + id, "proc/" + id + "/task/" + id)) {
            write(directory + "/comm", name);
            write(directory + "/stat", id + " (" + name + ") S 1 1 1 0 -1 " + flags + " 0 0");
            write(directory + "/status", "Name:\t" + name + "\nCpus_allowed_list:\t" + cpus);
        }
    }

    @Test
    void theJvmsThreadsGoWhereThereIsRoom() throws IOException {
        machine("two-packages", "all");
        write("proc/self/comm", "java");
        for (String name : List.of("java", "GC Thread#0", "C2 CompilerThre")) {
            String directory = "proc/self/task/" + (100 + name.length());
            write(directory + "/comm", name);
            write(directory + "/status", "Cpus_allowed_list:\t0-7");
        }
        assertCheck(
                again("2-3"), "jvm", Status.WARN, "2 threads of the JVM", "housekeeping(CpuSet.parse(\"0-1,4-7\"))");
        assertCheck(again("all"), "jvm", Status.OK, "The cores are all that this process may use", "");
    }

    @Test
    void thisJvmIsFitAndThePinsHold() throws IOException {
        CliRun run = CliRun.of("doctor", "--format", "json");
        JsonNode report = new ObjectMapper().readTree(run.out());
        assertEquals(report.get("failures").intValue() == 0 ? 0 : 1, run.exitCode());
        assertEquals(ThreadAffinity.ofProcess().toString(), report.get("cores").textValue());
        Map<String, String> statuses = new TreeMap<>();
        report.get("checks")
                .forEach(check -> statuses.put(
                        check.get("name").textValue(), check.get("status").textValue()));
        for (String name : List.of("placement", "jdk", "native", "hook", "pins")) {
            assertEquals("ok", statuses.get(name), run::out);
        }
    }

    @Test
    void aPlacementThatCannotBeMetIsAFail() {
        CliRun run = CliRun.of("doctor", "--placement", "spread:60000");
        assertEquals(1, run.exitCode());
        assertTrue(run.out().startsWith("fail  placement   placement spread:60000 cannot be met: there"), run::out);
        assertTrue(
                run.out().lines().anyMatch(line -> line.matches("\\d+ ok, \\d+ to look at, [1-9]\\d* to mend")),
                run::out);
        CliRun malformed = CliRun.of("doctor", "--placement", "sprout:2");
        assertEquals(2, malformed.exitCode());
        assertTrue(malformed.err().contains("'sprout:2' is none of"), malformed::err);
    }
}
