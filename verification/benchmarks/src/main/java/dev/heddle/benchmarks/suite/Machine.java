package dev.heddle.benchmarks.suite;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeSet;

/** What the numbers were measured on, and with what. */
final class Machine {
    private static final String UNKNOWN = "unknown";

    private Machine() {}

    /** Describes it, and whether the run is a quick one; what cannot be read is left out or unknown. */
    static ObjectNode describe(Path root, boolean quick) throws IOException {
        CpuTopology topology = CpuTopology.read();
        ObjectNode machine = new ObjectMapper().createObjectNode();
        machine.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        machine.put("quick", quick);
        machine.put("processor", field(Path.of("/proc/cpuinfo"), "model name"));
        machine.put("cpus", topology.online().toString());
        machine.put("allowed", topology.allowed().toString());
        machine.put("physicalCores", topology.physicalCores().size());
        machine.put("numaNodes", topology.numaNodes().size());
        machine.put("memory", field(Path.of("/proc/meminfo"), "MemTotal"));
        machine.put("virtualized", field(Path.of("/proc/cpuinfo"), "flags").contains("hypervisor"));
        machine.put("governor", read(Path.of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")));
        machine.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("jdk", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        machine.put(
                "heddle",
                Commands.firstLine(root, "git", "describe", "--always", "--dirty", "--abbrev=7")
                        .orElse(UNKNOWN));
        ObjectNode peers = machine.putObject("peers");
        Properties versions = new Properties();
        try (InputStream in =
                Objects.requireNonNull(Machine.class.getResourceAsStream("peers.properties"), "peers.properties")) {
            versions.load(in);
        }
        for (String name : new TreeSet<>(versions.stringPropertyNames())) {
            peers.put(name, versions.getProperty(name));
        }
        Commands.firstLine(root, "go", "version").ifPresent(line -> peers.put("Go", line.replace("go version ", "")));
        Commands.firstLine(root, "cc", "--version").ifPresent(line -> peers.put("C compiler", line));
        if (Commands.exists("wrk")) {
            peers.put("wrk", "there"); // its version it tells with a failure only
        }
        return machine;
    }

    private static String field(Path file, String name) throws IOException {
        List<String> lines = Files.readAllLines(file, StandardCharsets.ISO_8859_1);
        return lines.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .findFirst()
                .orElse(UNKNOWN);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).trim();
        } catch (IOException e) {
            return UNKNOWN;
        }
    }
}
