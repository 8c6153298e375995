package dev.heddle.benchmarks.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs groups in rounds: in each round every benchmark of the group, and every peer that is a program, runs in one process of its own.
 * So what is compared was measured within minutes, again and again.
 */
final class Rounds {
    private final Path root;
    private final Path folder;
    private final boolean quick;
    private final PrintWriter messages;

    /** The peers that are programs of ours and could be built. */
    private final List<ProgramPeer> programs = new ArrayList<>();

    private boolean hasWrk;

    Rounds(Path root, Path folder, boolean quick, PrintWriter messages) {
        this.root = root;
        this.folder = folder;
        this.quick = quick;
        this.messages = messages;
    }

    /**
     * Runs them all. What they measured is in the folder then, and what they printed.
     *
     * @throws RunnerException if a benchmark failed
     */
    void run(List<Group> groups, int rounds) throws IOException, InterruptedException, RunnerException {
        Files.createDirectories(folder.resolve("raw"));
        Files.createDirectories(folder.resolve("log"));
        preparePrograms(groups);
        for (int round = 1; round <= rounds; round++) {
            for (Group group : groups) {
                say("%s, round %d of %d".formatted(group, round, rounds));
                long start = System.nanoTime();
                runJmh(group, round);
                for (ProgramPeer program : programs) {
                    if (program.isIn(group)) {
                        program.run(root, folder, group, file("raw", group, round, program.toString(), "json"), quick);
                    }
                }
                say("    %d s".formatted((System.nanoTime() - start) / 1_000_000_000));
            }
        }
    }

    private void preparePrograms(List<Group> groups) throws IOException, InterruptedException {
        hasWrk = Commands.exists("wrk");
        if (!hasWrk && groups.contains(Group.SERVER)) {
            say("there is no wrk on PATH: the server is driven at a fixed load only");
        }
        for (ProgramPeer program : ProgramPeer.values()) {
            if (groups.stream().noneMatch(program::isIn)) {
                continue;
            }
            if (Commands.exists(program.compiler())) {
                program.build(root, folder);
                programs.add(program);
            } else {
                say("there is no '%s' on PATH: the report is without that peer".formatted(program.compiler()));
            }
        }
    }

    private void runJmh(Group group, int round) throws IOException, RunnerException {
        Path results = file("raw", group, round, "jmh", "json");
        ChainedOptionsBuilder options = new OptionsBuilder()
                .forks(1)
                .shouldFailOnError(true)
                .shouldDoGC(true)
                .output(file("log", group, round, "jmh", "txt").toString())
                .result(results.toString())
                .resultFormat(ResultFormatType.JSON);
        options.include(group.pattern());
        if (!hasWrk) {
            options.exclude("Server\\.saturated");
        }
        if (quick) {
            // Far enough to see that each works, and no further.
            options.warmupIterations(1)
                    .warmupTime(TimeValue.milliseconds(100))
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(200))
                    .param("leaves", "10000")
                    .param("tasks", "10000")
                    .param("samples", "500")
                    .param("keys", "50000", "1000000")
                    .param("crossPercent", "0", "10")
                    .param("millis", "100")
                    .param("seconds", "1")
                    .param("perSecond", "2000");
        }
        new Runner(options.build()).run();
        forgetFolders(results);
    }

    /** JMH notes where the JVM is: of no use to who reads the results elsewhere, and nobody's business. */
    private static void forgetFolders(Path results) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode all = mapper.readTree(results.toFile());
        for (JsonNode each : all) {
            ((ObjectNode) each).remove("jvm");
        }
        mapper.writeValue(results.toFile(), all);
    }

    private Path file(String kind, Group group, int round, String source, String ending) {
        return folder.resolve(kind).resolve("%s-%02d-%s.%s".formatted(group, round, source, ending));
    }

    private void say(String text) {
        messages.println(text);
        messages.flush();
    }
}
