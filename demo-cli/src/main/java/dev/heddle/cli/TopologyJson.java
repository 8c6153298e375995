package dev.heddle.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CoreKind;
import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.CpusetLimit;
import dev.heddle.topology.NumaNode;
import dev.heddle.topology.ReadProblem;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/** Writes a machine as JSON. Sets of CPUs are texts in the kernel's list format, {@code "0-3,8"}. */
final class TopologyJson {
    private final JsonGenerator json;

    private TopologyJson(JsonGenerator json) {
        this.json = json;
    }

    static void write(PrintWriter out, CpuTopology machine) throws IOException {
        try (JsonGenerator json = new JsonFactory()
                .createGenerator(out)
                .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .setPrettyPrinter(new DefaultPrettyPrinter())) {
            new TopologyJson(json).write(machine);
        }
        out.println();
    }

    private void write(CpuTopology machine) throws IOException {
        json.writeStartObject();
        sets("packages", machine.packages());
        json.writeArrayFieldStart("numa_nodes");
        for (NumaNode node : machine.numaNodes()) {
            json.writeStartObject();
            json.writeNumberField("node", node.node());
            set("cpus", node.nearest());
            json.writeEndObject();
        }
        json.writeEndArray();
        sets("cores", machine.physicalCores());
        sets("l3", machine.l3Groups());
        set("online", machine.online());
        set("complete", machine.present());
        set("allowed", machine.allowed());
        json.writeNumberField("cpu_count", machine.online().size());
        kinds(machine);
        sets("l2", machine.l2Groups());
        sets("dies", machine.dies());
        sets("clusters", machine.clusters());
        set("isolated", machine.isolated());
        set("nohz_full", machine.nohzFull());
        if (machine.affinity().isPresent()) {
            set("affinity", machine.affinity().get());
        }
        cgroups(machine);
        distances(machine);
        json.writeArrayFieldStart("problems");
        for (ReadProblem problem : machine.problems()) {
            json.writeString(problem.toString());
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void kinds(CpuTopology machine) throws IOException {
        json.writeArrayFieldStart("kinds");
        for (CoreKind kind : machine.kinds()) {
            json.writeStartObject();
            set("cpus", kind.cpus());
            json.writeObjectFieldStart("infos");
            info("FrequencyMaxMHz", kind.maxMegahertz());
            info("FrequencyBaseMHz", kind.baseMegahertz());
            info("LinuxCapacity", kind.capacity());
            json.writeEndObject();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("kind_tiers");
        for (CoreKind kind : machine.kinds()) {
            json.writeString(kind.tier().name().toLowerCase(Locale.ROOT));
        }
        json.writeEndArray();
    }

    private void info(String name, OptionalInt value) throws IOException {
        if (value.isPresent()) {
            json.writeStringField(name, String.valueOf(value.getAsInt()));
        }
    }

    private void cgroups(CpuTopology machine) throws IOException {
        if (machine.cpuset().isPresent()) {
            CpusetLimit cpuset = machine.cpuset().get();
            json.writeObjectFieldStart("cpuset");
            json.writeStringField("cgroup", cpuset.cgroup());
            set("cpus", cpuset.cpus());
            json.writeEndObject();
        }
        if (machine.quota().isPresent()) {
            json.writeObjectFieldStart("quota");
            json.writeStringField("cgroup", machine.quota().get().cgroup());
            json.writeNumberField("quota_us", machine.quota().get().quotaMicros());
            json.writeNumberField("period_us", machine.quota().get().periodMicros());
            json.writeEndObject();
        }
    }

    /** By node, the distance to each node. */
    private void distances(CpuTopology machine) throws IOException {
        json.writeObjectFieldStart("numa_distances");
        for (NumaNode node : machine.numaNodes()) {
            json.writeObjectFieldStart(String.valueOf(node.node()));
            for (Map.Entry<Integer, Integer> distance : new TreeMap<>(node.distances()).entrySet()) {
                json.writeNumberField(String.valueOf(distance.getKey()), distance.getValue());
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    private void set(String name, CpuSet cpus) throws IOException {
        json.writeStringField(name, cpus.toString());
    }

    private void sets(String name, List<CpuSet> sets) throws IOException {
        json.writeArrayFieldStart(name);
        for (CpuSet cpus : sets) {
            json.writeString(cpus.toString());
        }
        json.writeEndArray();
    }
}
