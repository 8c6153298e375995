package dev.heddle.benchmarks.suite;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.StatUtils;

/**
 * What a run left in its folder: {@code raw/GROUP-ROUND-SOURCE.json}, each an array in the form of JMH's JSON, and
 * {@code machine.json}.
 *
 * <p>Times become nanoseconds, and operations in a time become the nanoseconds of one, so that all numbers of a question can be
 * compared. Of the iterations of what depends on the distance of the CPUs those count that had the usual one; all, if none had.
 */
final class RawRun {
    /** The venue that others are compared with; where venues are methods it is in small letters. */
    static final String OURS = "HEDDLE";

    /** Of each question, by venue, the number of each round that measured it. */
    private final Map<Question, Map<String, SortedMap<Integer, Double>>> numbers = new TreeMap<>();

    /** In machine.json: the distance of the CPUs that is the usual one; missing if it was not watched. */
    static final String USUAL_DISTANCE = "cpuDistanceNanos";

    /** In each result: what the distance was before each iteration and after it. */
    static final String DISTANCES = "cpuDistances";

    /** In a result: the one in whose place it stands, as it was. */
    static final String REPLACED = "replaced";

    private final JsonNode machine;
    private int rounds;
    private int watchedResults;
    private int usualResults;
    private int replacedResults;
    private int watchedIterations;
    private int usualIterations;

    private RawRun(JsonNode machine) {
        this.machine = machine;
    }

    /**
     * Reads a run.
     *
     * @throws IOException if the folder is none, or not of a run
     */
    static RawRun read(Path folder) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        RawRun run = new RawRun(mapper.readTree(folder.resolve("machine.json").toFile()));
        List<Path> files;
        try (Stream<Path> list = Files.list(folder.resolve("raw"))) {
            files = list.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
        for (Path file : files) {
            String[] name = String.valueOf(file.getFileName()).split("-", -1);
            int round = Integer.parseInt(name[1]);
            run.rounds = Math.max(run.rounds, round);
            JsonNode results = mapper.readTree(file.toFile());
            if (!results.isArray() || results.isEmpty()) {
                throw new IOException("the run was cut short: '" + file + "' has no results. Remove all files of that"
                        + " round, or run the benchmarks again");
            }
            for (JsonNode result : results) {
                run.add(round, result);
            }
        }
        return run;
    }

    private void add(int round, JsonNode result) {
        JsonNode usual = machine.path(USUAL_DISTANCE);
        watchedResults += result.has(DISTANCES) ? 1 : 0;
        usualResults += usual.isNumber() && wasUsual(result, new CpuDistance(usual.doubleValue())) ? 1 : 0;
        replacedResults += result.has(REPLACED) ? 1 : 0;
        String benchmark = benchmark(result);
        Map<String, String> parameters = new TreeMap<>();
        result.path("params")
                .properties()
                .forEach(each -> parameters.put(each.getKey(), each.getValue().textValue()));
        String venue = parameters.remove("venue");
        if (venue == null) { // each venue is a method
            int dot = benchmark.indexOf('.');
            venue = benchmark.substring(dot + 1);
            benchmark = benchmark.substring(0, dot);
        }
        Question question = new Question(benchmark, parameters, "");
        JsonNode secondary = result.path("secondaryMetrics");
        if (secondary.isEmpty()) {
            JsonNode primary = result.get("primaryMetric");
            put(question, venue, round, nanos(primary, result));
            return;
        }
        for (Map.Entry<String, JsonNode> each : secondary.properties()) {
            put(
                    question.metric(each.getKey()),
                    venue,
                    round,
                    each.getValue().get("score").doubleValue());
        }
    }

    private void put(Question question, String venue, int round, double number) {
        numbers.computeIfAbsent(question, q -> new LinkedHashMap<>())
                .computeIfAbsent(venue, v -> new TreeMap<>())
                .put(round, number);
    }

    private static double nanos(double score, String unit) {
        return switch (unit) {
            case "ns/op" -> score;
            case "us/op" -> score * 1e3;
            case "ms/op" -> score * 1e6;
            case "s/op" -> score * 1e9;
            case "ops/us" -> 1e3 / score;
            default -> throw new IllegalArgumentException("a score in " + unit);
        };
    }

    /** What was measured. */
    Set<Question> questions() {
        return Collections.unmodifiableSet(numbers.keySet());
    }

    /** Where it was measured. */
    Set<String> venues(Question question) {
        return Collections.unmodifiableSet(
                numbers.getOrDefault(question, Map.of()).keySet());
    }

    /** Where any of them was measured, ours first. */
    List<String> oursFirst(List<Question> questions) {
        return questions.stream()
                .flatMap(question -> venues(question).stream())
                .distinct()
                .sorted(Comparator.comparing(
                        (String venue) -> !venue.toUpperCase(Locale.ROOT).startsWith(OURS)))
                .toList();
    }

    /** By round, nothing for a round that did not measure it. */
    SortedMap<Integer, Double> numbers(Question question, String venue) {
        return Collections.unmodifiableSortedMap(
                numbers.getOrDefault(question, Map.of()).getOrDefault(venue, Collections.emptySortedMap()));
    }

    /** The mean time of the iterations, of those that count. */
    private double nanos(JsonNode primary, JsonNode result) {
        String unit = primary.get("scoreUnit").textValue();
        JsonNode iterations = primary.path("rawData").path(0);
        if (iterations.isEmpty()) {
            return nanos(primary.get("score").doubleValue(), unit);
        }
        double[] each = iterations
                .valueStream()
                .mapToDouble(score -> nanos(score.doubleValue(), unit))
                .toArray();
        JsonNode distances = result.path(DISTANCES);
        if (!isSelective(result) || distances.size() != 2 * each.length) {
            return StatUtils.mean(each);
        }
        CpuDistance usual = new CpuDistance(machine.path(USUAL_DISTANCE).doubleValue());
        double[] selected = IntStream.range(0, each.length)
                .filter(i -> isUsual(distances, i, usual))
                .mapToDouble(i -> each[i])
                .toArray();
        watchedIterations += each.length;
        usualIterations += selected.length;
        return StatUtils.mean(selected.length == 0 ? each : selected);
    }

    /**
     * Whether the CPUs were at their usual distance before and after what this result counts: one of its iterations at least, if those
     * are selected; else all.
     */
    static boolean wasUsual(JsonNode result, CpuDistance distance) {
        JsonNode distances = result.path(DISTANCES);
        IntStream iterations = IntStream.range(0, distances.size() / 2);
        return isSelective(result)
                ? iterations.anyMatch(i -> isUsual(distances, i, distance))
                : !distances.isEmpty() && iterations.allMatch(i -> isUsual(distances, i, distance));
    }

    /** Whether it is the mean of its iterations, and depends on the distance: those count that had the usual one. */
    private static boolean isSelective(JsonNode result) {
        String benchmark = benchmark(result);
        return result.path("secondaryMetrics").isEmpty()
                && Arrays.stream(Group.values()).anyMatch(group -> group.dependsOnDistance() && group.has(benchmark));
    }

    private static String benchmark(JsonNode result) {
        return result.get("benchmark").textValue().replace("dev.heddle.benchmarks.", "");
    }

    private static boolean isUsual(JsonNode distances, int iteration, CpuDistance distance) {
        return distance.isUsual(distances.path(2 * iteration).doubleValue())
                && distance.isUsual(distances.path(2 * iteration + 1).doubleValue());
    }

    /** How many results have the distances of the CPUs. */
    int watchedResults() {
        return watchedResults;
    }

    /** How many of them came about at the usual one. */
    int usualResults() {
        return usualResults;
    }

    /** How many iterations there are where those are selected that came about at the usual distance. */
    int watchedIterations() {
        return watchedIterations;
    }

    /** How many of them came about at it. */
    int usualIterations() {
        return usualIterations;
    }

    /** How many stand in the place of another one, which came about at an unusual distance. */
    int replacedResults() {
        return replacedResults;
    }

    /** How many rounds there were. */
    int rounds() {
        return rounds;
    }

    JsonNode machine() {
        return machine;
    }
}
