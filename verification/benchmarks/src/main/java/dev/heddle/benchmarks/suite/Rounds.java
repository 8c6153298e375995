package dev.heddle.benchmarks.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Path root;
    private final Path folder;

    /** Null if it is not watched. */
    private final @Nullable CpuDistance distance;

    private final boolean quick;
    private final PrintWriter messages;

    /** The peers that are programs of ours and could be built. */
    private final List<ProgramPeer> programs = new ArrayList<>();

    private boolean hasWrk;

    Rounds(Path root, Path folder, @Nullable CpuDistance distance, boolean quick, PrintWriter messages) {
        this.root = root;
        this.folder = folder;
        this.distance = distance;
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
                        runProgram(program, group, round);
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

    /** Runs a program; once more if the CPUs have not been as far from each other as usual, and that matters. */
    private void runProgram(ProgramPeer program, Group group, int round) throws IOException, InterruptedException {
        Path results = file("raw", group, round, program.toString(), "json");
        if (distance == null) {
            program.run(root, folder, group, results, quick);
            return;
        }
        ArrayNode entries = runWatched(program, group, results, distance);
        if (heedsDistance(group) && !RawRun.wasUsual(entries.get(0), distance)) {
            ArrayNode replaced = entries;
            entries = runWatched(program, group, results, distance);
            for (int i = 0; i < entries.size(); i++) {
                ((ObjectNode) entries.get(i)).set(RawRun.REPLACED, replaced.get(i));
            }
        }
        MAPPER.writeValue(results.toFile(), entries);
    }

    private ArrayNode runWatched(ProgramPeer program, Group group, Path results, CpuDistance usual)
            throws IOException, InterruptedException {
        double before = heedsDistance(group) ? usual.awaitUsual() : CpuDistance.nanos();
        program.run(root, folder, group, results, quick);
        double after = CpuDistance.nanos();
        ArrayNode entries = read(results);
        for (JsonNode entry : entries) {
            ((ObjectNode) entry).putArray(RawRun.DISTANCES).add(before).add(after);
        }
        return entries;
    }

    /** Runs the benchmarks of a group; those once more during which the CPUs have not been as far from each other as usual, if that matters. */
    private void runJmh(Group group, int round) throws IOException, RunnerException {
        Path results = file("raw", group, round, "jmh", "json");
        new Runner(options(group, results, file("log", group, round, "jmh", "txt"))
                        .include(group.pattern())
                        .build())
                .run();
        ArrayNode entries = read(results);
        for (JsonNode entry : entries) {
            tidy((ObjectNode) entry);
        }
        MAPPER.writeValue(results.toFile(), entries); // whole, should what follows be cut short
        if (distance == null || !heedsDistance(group)) {
            return;
        }
        for (int i = 0; i < entries.size(); i++) {
            JsonNode first = entries.get(i);
            if (!RawRun.wasUsual(first, distance)) {
                ObjectNode again = runAgain(group, round, i, first);
                again.set(RawRun.REPLACED, first);
                entries.set(i, again);
                MAPPER.writeValue(results.toFile(), entries);
            }
        }
    }

    private ObjectNode runAgain(Group group, int round, int index, JsonNode entry) throws IOException, RunnerException {
        String source = "jmh-again-" + index;
        Path results = file("log", group, round, source, "json");
        ChainedOptionsBuilder options = options(group, results, file("log", group, round, source, "txt"))
                .include("^" + Pattern.quote(entry.get("benchmark").textValue()) + "$");
        entry.path("params")
                .properties()
                .forEach(each -> options.param(each.getKey(), each.getValue().textValue()));
        new Runner(options.build()).run();
        ObjectNode again = (ObjectNode) read(results).get(0);
        tidy(again);
        return again;
    }

    /** Whether what runs waits for the usual distance, and runs once more if it had another one. */
    private boolean heedsDistance(Group group) {
        return !quick && group.dependsOnDistance();
    }

    private ChainedOptionsBuilder options(Group group, Path results, Path log) {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .forks(1)
                .shouldFailOnError(true)
                .shouldDoGC(!quick) // JMH waits for most of a second after each
                .output(log.toString())
                .result(results.toString())
                .resultFormat(ResultFormatType.JSON);
        if (distance != null) {
            options.addProfiler(DistanceProfiler.class, heedsDistance(group) ? String.valueOf(distance.usual()) : "");
        }
        if (!hasWrk) {
            options.exclude("Server\\.saturated");
        }
        if (quick) {
            // Far enough to see that each works, and no further.
            options.jvmArgsPrepend(
                            "-XX:+UseTransparentHugePages") // a heap that is touched at the start is there sooner
                    .warmupIterations(1)
                    .warmupTime(TimeValue.milliseconds(100))
                    .measurementIterations(1)
                    .measurementTime(TimeValue.milliseconds(200))
                    .param("leaves", "10000")
                    .param("tasks", "10000")
                    .param("samples", "500")
                    .param("keys", "50000")
                    .param("crossPercent", "0", "10")
                    .param("millis", "100")
                    .param("seconds", "1")
                    .param("perSecond", "2000");
        }
        return options;
    }

    private static ArrayNode read(Path results) throws IOException {
        return (ArrayNode) MAPPER.readTree(results.toFile());
    }

    /** Makes what JMH has left of a result what is kept: with the distances in the order in which they were looked at. */
    static void tidy(ObjectNode entry) {
        entry.remove("jvm"); // where it is: of no use to who reads the results elsewhere, and nobody's business
        JsonNode before = ((ObjectNode) entry.get("secondaryMetrics")).remove(DistanceProfiler.BEFORE);
        JsonNode after = ((ObjectNode) entry.get("secondaryMetrics")).remove(DistanceProfiler.AFTER);
        if (before != null && after != null) {
            JsonNode befores = before.get("rawData").get(0);
            JsonNode afters = after.get("rawData").get(0);
            ArrayNode distances = entry.putArray(RawRun.DISTANCES);
            for (int i = 0; i < befores.size(); i++) {
                distances.add(befores.get(i)).add(afters.get(i));
            }
        }
    }

    private Path file(String kind, Group group, int round, String source, String ending) {
        return folder.resolve(kind).resolve("%s-%02d-%s.%s".formatted(group, round, source, ending));
    }

    private void say(String text) {
        messages.println(text);
        messages.flush();
    }
}
