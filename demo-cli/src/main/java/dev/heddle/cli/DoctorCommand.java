package dev.heddle.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.heddle.affinity.CpuSet;
import dev.heddle.cli.Check.Status;
import dev.heddle.runtime.CoreManagerBuilder;
import dev.heddle.runtime.Placement;
import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code heddle doctor}: looks at all that pinned tasks depend on and says what to change. */
@Command(
        name = "doctor",
        description = {
            "Looks at all that pinned tasks depend on: the JVM, the CPUs this process was given, and what else lives on the"
                    + " chosen ones. Each line is ok, warn or fail, and says what to do. Run it where the program runs: in"
                    + " the same container, under the same user."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:no line is a fail", "1:a line is a fail", "2:bad usage", "70:the output could not be written"
        },
        footer = {
            "",
            "Examples:",
            "  heddle doctor",
            "  heddle doctor --placement node:1/one-per-core",
            "  heddle doctor --format json"
        })
final class DoctorCommand implements Callable<Integer> {
    /** How it is printed. */
    enum Format {
        TEXT,
        JSON
    }

    private static final Path ROOT = Path.of("/");

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--placement",
            paramLabel = "CPUS",
            converter = PlacementConverter.class,
            description = PlacementConverter.HELP)
    private @Nullable Placement placement;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "How to print: text or json. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.TEXT;

    @Override
    public Integer call() throws IOException {
        List<Check> checks = new ArrayList<>();
        CpuTopology machine = read(checks);
        CpuSet cores;
        if (machine == null) {
            cores = defaultCores(checks);
        } else {
            cores = resolve(machine, checks);
            checks.addAll(new MachineChecks(ROOT, machine, cores).all());
        }
        checks.addAll(new JvmChecks(cores).all());
        if (machine != null) {
            checks.addAll(new NeighbourChecks(ROOT, machine, cores).all());
        }

        PrintWriter out = spec.commandLine().getOut();
        switch (format) {
            case TEXT -> text(out, checks);
            case JSON -> json(out, cores, checks);
        }
        Output.requireWritten(out, "the report");
        return count(checks, Status.FAIL) == 0 ? ExitCode.OK : ExitCode.UNFIT;
    }

    private static @Nullable CpuTopology read(List<Check> checks) {
        try {
            return CpuTopology.read();
        } catch (IOException e) {
            checks.add(Check.fail(
                    "topology",
                    String.valueOf(e.getMessage()),
                    "mount /sys (docker run does, unless told otherwise): placements and most of this report need it"));
            return null;
        }
    }

    /** Where the machine cannot be read. */
    private static CpuSet defaultCores(List<Check> checks) {
        try {
            return CoreManagerBuilder.defaultCores();
        } catch (IllegalArgumentException e) {
            checks.add(Check.fail("placement", String.valueOf(e.getMessage()), "name the CPUs by their numbers"));
        } catch (IllegalCallerException | UnsupportedOperationException noNativeAccess) {
            // which a line of its own says
        }
        return CpuSet.empty();
    }

    /** The cores in question; where the placement cannot be met, all that might be. */
    private CpuSet resolve(CpuTopology machine, List<Check> checks) {
        String asked = placement == null ? "" : placement.toString();
        try {
            CpuSet cores = placement == null ? CoreManagerBuilder.defaultCores() : placement.resolve(machine);
            checks.add(Check.ok(
                    "placement",
                    (asked.isEmpty() ? "what a program gets that chooses none: " : asked + ": ")
                            + (cores.size() == 1 ? "core " : "cores ")
                            + cores));
            return cores;
        } catch (IllegalArgumentException e) {
            checks.add(Check.fail(
                    "placement",
                    String.valueOf(e.getMessage()),
                    "the lines below are for all CPUs that this process may use"));
            return machine.allowed();
        } catch (IllegalCallerException | UnsupportedOperationException noNativeAccess) {
            return machine.allowed(); // which a line of its own says
        }
    }

    private static long count(List<Check> checks, Status status) {
        return checks.stream().filter(check -> check.status() == status).count();
    }

    private void text(PrintWriter out, List<Check> checks) {
        Ansi ansi = spec.commandLine().getColorScheme().ansi();
        for (Check check : checks) {
            String colour = switch (check.status()) {
                case OK -> "green";
                case WARN -> "yellow";
                case FAIL -> "bold,red";
            };
            String status = check.status().name().toLowerCase(Locale.ROOT);
            out.printf(
                    "%s  %-10s  %s%n",
                    ansi.string("@|" + colour + " " + "%-4s".formatted(status) + "|@"), check.name(), check.found());
            if (!check.advice().isEmpty()) {
                out.printf("%18s%s%n", "-> ", check.advice());
            }
        }
        out.printf(
                "%n%d ok, %d to look at, %d to mend%n",
                count(checks, Status.OK), count(checks, Status.WARN), count(checks, Status.FAIL));
    }

    private static void json(PrintWriter out, CpuSet cores, List<Check> checks) throws IOException {
        try (JsonGenerator json = new JsonFactory()
                .createGenerator(out)
                .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .setPrettyPrinter(new DefaultPrettyPrinter())) {
            json.writeStartObject();
            json.writeStringField("cores", cores.toString());
            json.writeArrayFieldStart("checks");
            for (Check check : checks) {
                json.writeStartObject();
                json.writeStringField("name", check.name());
                json.writeStringField("status", check.status().name().toLowerCase(Locale.ROOT));
                json.writeStringField("found", check.found());
                json.writeStringField("advice", check.advice());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("warnings", count(checks, Status.WARN));
            json.writeNumberField("failures", count(checks, Status.FAIL));
            json.writeEndObject();
        }
        out.println();
    }
}
