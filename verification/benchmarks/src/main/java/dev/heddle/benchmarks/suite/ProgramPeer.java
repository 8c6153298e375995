package dev.heddle.benchmarks.suite;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A peer that is no library but a program of ours in another language, built where its compiler is at hand. */
enum ProgramPeer {
    GO("go"),
    C("cc");

    private final String compiler;

    ProgramPeer(String compiler) {
        this.compiler = compiler;
    }

    String compiler() {
        return compiler;
    }

    boolean isIn(Group group) {
        return switch (group) {
            case PLACEMENT, SWITCH, SPAWN, DISPATCH, BLOCKED -> this == GO;
            case AFFINITY -> this == C;
            case LOCALITY, SERVER, HANDOVER -> false;
        };
    }

    /** Builds it into a folder of a run. */
    void build(Path root, Path folder) throws IOException, InterruptedException {
        List<String> command = switch (this) {
            case GO -> List.of(compiler, "build", "-buildvcs=false", "-o", program(folder), ".");
            case C -> List.of(compiler, "-O2", "-o", program(folder), "affinity.c");
        };
        Commands.run(
                sources(root),
                folder.resolve("log").resolve("build-" + this + ".txt").toAbsolutePath(),
                command);
    }

    /** Runs it for a group; what it prints goes into a file, in the form of JMH's results. */
    void run(Path root, Path folder, Group group, Path results, boolean quick)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program(folder), "-group", group.toString()));
        if (quick) {
            command.add("-quick");
        }
        Commands.run(sources(root), results.toAbsolutePath(), command);
    }

    private Path sources(Path root) {
        return root.resolve("verification/peers").resolve(toString());
    }

    private String program(Path folder) {
        return folder.resolve("peer-" + this).toAbsolutePath().toString();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
