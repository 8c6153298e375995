package dev.heddle.cli;

import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.ReadProblem;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code heddle topology}: shows the machine's CPUs and what they share. */
@Command(
        name = "topology",
        description = {
            "Shows the machine: packages, NUMA nodes, L3 caches, physical cores and their SMT siblings, and which CPUs this"
                    + " process may use. What could not be read is named on standard error."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the machine was read",
            "2:bad usage",
            "69:there is no machine to be read",
            "70:the output could not be written"
        },
        footer = {
            "",
            "Examples:",
            "  heddle topology",
            "  heddle topology --format svg > machine.svg",
            "  heddle topology --record machine.tar.gz",
            "  heddle topology --sysroot /tmp/machine --format json"
        })
final class TopologyCommand implements Callable<Integer> {
    /** How it is printed. */
    enum Format {
        TREE,
        JSON,
        SVG
    }

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(
            names = "--sysroot",
            paramLabel = "DIR",
            defaultValue = "/",
            description = "Read the sys and proc below this directory, of a machine that was recorded. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Path root = Path.of("/");

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "tree",
            description = "How to print: tree, json or svg. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.TREE;

    @Option(
            names = "--record",
            paramLabel = "FILE",
            description =
                    "Write the files that were read to a tar, compressed where the name ends in .gz: unpacked, --sysroot"
                            + " reads it.")
    private @Nullable Path record;

    @Override
    public Integer call() throws IOException {
        CpuTopology machine = read();
        PrintWriter out = spec.commandLine().getOut();
        switch (format) {
            case TREE -> new TopologyText(out, System.out.charset(), machine).print();
            case JSON -> TopologyJson.write(out, machine);
            case SVG -> TopologySvg.write(out, machine);
        }
        Output.requireWritten(out, "the machine");
        PrintWriter messages = spec.commandLine().getErr();
        for (ReadProblem problem : machine.problems()) {
            messages.println("heddle: not understood: " + problem);
        }
        return ExitCode.OK;
    }

    private CpuTopology read() throws IOException {
        CpuTopology machine;
        try {
            machine = CpuTopology.read(root);
        } catch (IOException e) {
            throw new CannotRunException(e);
        }
        return record == null ? machine : MachineTar.record(root, record);
    }
}
