package dev.heddle.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the files of a run. */
class ReportTest {
    @TempDir
    private Path folder = Path.of("");

    @BeforeEach
    void anEmptyRun() throws IOException {
        Files.writeString(
                folder.resolve("machine.json"),
                "{\"processor\": \"P1\", \"physicalCores\": 2, \"virtualized\": true, \"peers\": {\"Go\": \"go1\"}}");
        Files.createDirectory(folder.resolve("raw"));
    }

    private void raw(String name, String... results) throws IOException {
        Files.writeString(folder.resolve("raw").resolve(name), "[" + String.join(",", results) + "]");
    }

    private static String score(String benchmark, String parameters, double score, String unit) {
        return "{\"benchmark\": \"dev.heddle.benchmarks.%s\", \"params\": {%s}, \"primaryMetric\": {\"score\": %s, \"scoreUnit\": \"%s\"}, \"secondaryMetrics\": {}}"
                .formatted(benchmark, parameters, score, unit);
    }

    private static String counted(String benchmark, String parameters, String name, double score) {
        return "{\"benchmark\": \"dev.heddle.benchmarks.%s\", \"params\": {%s}, \"primaryMetric\": {\"score\": 1, \"scoreUnit\": \"s/op\"}, \"secondaryMetrics\": {\"%s\": {\"score\": %s, \"scoreUnit\": \"#\"}}}"
                .formatted(benchmark, parameters, name, score);
    }

    private static String venue(String name) {
        return "\"venue\": \"" + name + "\"";
    }

    @Test
    void rawResultsBecomeNanosecondsByQuestionVenueAndRound() throws IOException {
        raw(
                "switch-01-jmh.json",
                score("Yield.two", venue("HEDDLE"), 0.1, "us/op"),
                score("Dispatch.burst", venue("HEDDLE"), 5, "ops/us"));
        raw("switch-02-jmh.json", score("Yield.two", venue("HEDDLE"), 90, "ns/op"));
        raw("switch-01-go.json", score("Yield.two", venue("GO_ONE_P"), 50, "ns/op"));
        raw("affinity-01-c.json", score("CurrentCpu.c", "", 1.5, "ns/op"));
        raw(
                "blocked-01-jmh.json",
                counted("Parked.parkAndWake", venue("HEDDLE") + ", \"tasks\": \"1000\"", "heapBytes", 632));

        RawRun run = RawRun.read(folder);

        Question yield = Question.of("Yield.two");
        assertEquals(Map.of(1, 100.0, 2, 90.0), run.numbers(yield, "HEDDLE"));
        assertEquals(Map.of(1, 50.0), run.numbers(yield, "GO_ONE_P"));
        assertEquals(Set.of("HEDDLE", "GO_ONE_P"), run.venues(yield));
        assertEquals(Map.of(1, 200.0), run.numbers(Question.of("Dispatch.burst"), "HEDDLE"));
        assertEquals(Map.of(1, 1.5), run.numbers(Question.of("CurrentCpu"), "c"));
        assertEquals(
                Map.of(1, 632.0),
                run.numbers(
                        Question.of("Parked.parkAndWake").with("tasks", "1000").metric("heapBytes"), "HEDDLE"));
        assertEquals(2, run.rounds());
    }

    /** Not 133, which is the time at the mean rate. */
    @Test
    void ofRatesTheTimesAreAveraged() throws IOException {
        String burst = score("Dispatch.burst", venue("HEDDLE"), 7.5, "ops/us");
        raw("dispatch-01-jmh.json", burst.replace("\"score\":", "\"rawData\": [[5, 10]], \"score\":"));

        assertEquals(Map.of(1, 150.0), RawRun.read(folder).numbers(Question.of("Dispatch.burst"), "HEDDLE"));
    }

    @Test
    void anUnknownUnitIsNoTime() throws IOException {
        raw("switch-01-jmh.json", score("Yield.two", venue("HEDDLE"), 1, "ops/s"));

        assertThrows(IllegalArgumentException.class, () -> RawRun.read(folder));
    }

    @Test
    void whatIsWorseStandsInTheReportAsNotMet() throws IOException {
        raw(
                "switch-01-jmh.json",
                score("Yield.two", venue("HEDDLE"), 120, "ns/op"),
                score("Yield.two", venue("CONTINUATIONS"), 80, "ns/op"),
                score("Yield.two", venue("VIRTUAL_THREADS_ON_A_LOOP"), 96, "ns/op"),
                score("Yield.two", venue("JDK_ONE_CARRIER"), 160, "ns/op"),
                score("PingPong.roundTrip", venue("HEDDLE"), 30, "ns/op"),
                score("PingPong.roundTrip", venue("GO_ONE_P"), 10, "ns/op"));
        raw(
                "switch-02-jmh.json",
                score("Yield.two", venue("HEDDLE"), 121, "ns/op"),
                score("Yield.two", venue("CONTINUATIONS"), 80, "ns/op"),
                score("Yield.two", venue("JDK_ONE_CARRIER"), 160, "ns/op"),
                score("PingPong.roundTrip", venue("HEDDLE"), 10, "ns/op"),
                score("PingPong.roundTrip", venue("GO_ONE_P"), 10, "ns/op"));
        raw(
                "placement-01-jmh.json",
                counted("Placement.look", venue("HEDDLE"), "misplaced", 1),
                counted("Placement.look", venue("HEDDLE"), "samples", 100));

        String report = MarkdownReport.of(RawRun.read(folder));

        assertContains(report, "| yield / bare continuation | <= 1.15 | 1.51 (1.43 to 1.59) | **not met** | 1.20 |");
        assertContains(
                report, "| yield / JDK's scheduler with one carrier | <= 0.85 | 0.75 (0.71 to 0.79) | met | 0.60 |");
        assertContains(report, "| ping-pong on one core / Go with one P | <= 1.5 | 1.73 (0.0016 to 1861) | open | - |");
        assertFalse(report.contains("ping-pong across cores"), report); // not measured
        assertContains(report, "| looks off the core asked for | 0 | 1 of 100 | **not met** | |");
        assertContains(report, "| JDK_ONE_CARRIER | 160 | 1.33");
        assertContains(
                report,
                "| venue | misplaced | times Heddle's | samples |\n| --- | ---: | --- | ---: |\n| HEDDLE | 1 |  | 100 |\n");
        assertContains(report, "What 2 cores cannot show");
        assertContains(report, "- processor: P1");
        assertContains(report, "- Go: go1");
    }

    /** Of each venue of ours; the best of the others first, and none that is behind. */
    @Test
    void theReportSaysWhereAnotherIsAhead() throws IOException {
        raw(
                "switch-01-jmh.json",
                score("Yield.two", venue("HEDDLE"), 100, "ns/op"),
                score("Yield.two", venue("HEDDLE_ANY_ONE_CORE"), 110, "ns/op"),
                score("Yield.two", venue("JDK_ONE_CARRIER"), 105, "ns/op"),
                score("Yield.two", venue("CONTINUATIONS"), 80, "ns/op"),
                score("Yield.two", venue("GO_ONE_P"), 2, "ns/op"));
        raw(
                "affinity-01-jmh.json",
                score("SetAffinity.heddle", "", 30, "ns/op"),
                score("SetAffinity.c", "", 15, "ns/op"));
        raw(
                "locality-01-jmh.json",
                counted("Locality.add", venue("HEDDLE"), "requestsPerSecond", 10),
                counted("Locality.add", venue("JDK_VIRTUAL"), "requestsPerSecond", 9),
                counted("Locality.add", venue("PINNED_EXECUTORS"), "requestsPerSecond", 12),
                counted("Locality.add", venue("JDK_VIRTUAL_ATOMIC"), "requestsPerSecond", 40));
        raw(
                "server-01-jmh.json",
                counted("Server.fixedLoad", venue("HEDDLE"), "leftOut", 10),
                counted("Server.fixedLoad", venue("JDK_VIRTUAL"), "leftOut", 9));

        String report = MarkdownReport.of(RawRun.read(folder));

        assertContains(report, """
                | benchmark | number | Heddle | ahead of it |
                | --- | --- | --- | --- |
                | Locality.add | requestsPerSecond | HEDDLE | JDK_VIRTUAL_ATOMIC 4.00, PINNED_EXECUTORS 1.20 |
                | SetAffinity | ns | heddle | c 0.50 |
                | Yield.two | ns | HEDDLE | GO_ONE_P 0.020, CONTINUATIONS 0.80 |
                | Yield.two | ns | HEDDLE_ANY_ONE_CORE | GO_ONE_P 0.018, CONTINUATIONS 0.73, JDK_ONE_CARRIER 0.95 |

                """);
    }

    @Test
    void whatDoesWorseThanHeddleIsNoFloor() throws IOException {
        raw(
                "switch-01-jmh.json",
                score("Yield.two", venue("HEDDLE"), 120, "ns/op"),
                score("Yield.two", venue("VIRTUAL_THREADS_ON_A_LOOP"), 121, "ns/op"),
                score("Yield.two", venue("CONTINUATIONS"), 100, "ns/op"));
        raw(
                "affinity-01-jmh.json",
                score("CurrentCpu.openHft", "", 60, "ns/op"),
                score("CurrentCpu.heddle", "", 3, "ns/op"),
                score("CurrentCpu.callFloor", "", 4, "ns/op"));

        String report = MarkdownReport.of(RawRun.read(folder));

        assertContains(report, "| yield / bare continuation | <= 1.15 | 1.20 |  |  |");
        assertContains(report, "| OpenHFT's `getCpu()` / `currentCpu()` | >= 20 | 20.0 |  |  |");
    }

    @Test
    void theReportSaysHowManyResultsCameAboutAtTheUsualDistanceOfTheCpus() throws IOException {
        Files.writeString(folder.resolve("machine.json"), "{\"cpuDistanceNanos\": 62.3}");
        String score = score("Yield.two", venue("HEDDLE"), 120, "ns/op");
        raw(
                "switch-01-jmh.json",
                score.replaceFirst(
                        "\\{", "{\"cpuDistances\": [60.0, 65.0], \"replaced\": {\"cpuDistances\": [60.0, 27.0]}, "),
                score.replaceFirst("\\{", "{\"cpuDistances\": [60.0, 318.0], "),
                score.replaceFirst("\\{", "{\"cpuDistances\": [27.0, 62.0], "),
                score);

        String report = MarkdownReport.of(RawRun.read(folder));

        assertContains(report, "A word takes 62 ns from the first CPU to the last and back");
        assertContains(
                report,
                "Of 3 results 1 came about at that distance. Measured twice, for it was another one the\nfirst time: 1.");
    }

    @Test
    void iterationsCountThatCameAboutAtTheUsualDistanceOfTheCpus() throws IOException {
        Files.writeString(folder.resolve("machine.json"), "{\"cpuDistanceNanos\": 62.3}");
        String iterations = score("PingPong.roundTrip", venue("HEDDLE_ACROSS"), 900, "ns/op")
                .replace("\"scoreUnit\"", "\"rawData\": [[400, 1800, 500]], \"scoreUnit\"");
        String latency = counted("DispatchLatency.idle", venue("HEDDLE"), "p50Nanos", 7);
        raw(
                "switch-01-jmh.json",
                iterations.replaceFirst("\\{", "{\"cpuDistances\": [60, 62, 61, 310, 61, 63], "),
                iterations
                        .replace("HEDDLE_ACROSS", "HEDDLE")
                        .replaceFirst("\\{", "{\"cpuDistances\": [60, 310, 310, 310, 310, 63], "));
        raw(
                "dispatch-01-jmh.json",
                latency.replaceFirst("\\{", "{\"cpuDistances\": [60, 62, 61, 310], "),
                latency.replace("HEDDLE", "JDK_VIRTUAL").replaceFirst("\\{", "{\"cpuDistances\": [60, 62, 61, 61], "));

        String report = MarkdownReport.of(RawRun.read(folder));

        assertContains(report, "| HEDDLE_ACROSS | 450 |");
        assertContains(report, "| HEDDLE | 900 |");
        assertContains(report, "Of 4 results 2 came about at that distance.");
        assertContains(report, "those count that had that distance, 2 of 6;");
    }

    @Test
    void ofWhatWasNotPromisedThereIsNoTableOfPromises() throws IOException {
        raw("handover-01-jmh.json", counted("HandOver.start", venue("HEDDLE"), "p99Nanos", 7));

        String report = MarkdownReport.of(RawRun.read(folder));

        assertContains(report, "| HEDDLE | 7 |");
        assertFalse(report.contains("promised |"), report);
    }

    @Test
    void aTargetTakesTheParametersItNames() throws IOException {
        String local = "\"crossPercent\": \"0\", ";
        String crossing = "\"crossPercent\": \"10\", ";
        String small = "\"keys\": \"50000\", ";
        raw(
                "locality-01-jmh.json",
                counted("Locality.add", crossing + small + venue("HEDDLE"), "requestsPerSecond", 1),
                counted("Locality.add", crossing + small + venue("JDK_VIRTUAL"), "requestsPerSecond", 9),
                counted("Locality.add", local + small + venue("HEDDLE"), "requestsPerSecond", 30),
                counted("Locality.add", local + small + venue("JDK_VIRTUAL"), "requestsPerSecond", 10));

        RawRun run = RawRun.read(folder);
        List<Ratio> known = Target.all().stream()
                .map(target -> target.measured().in(run))
                .filter(Ratio::isKnown)
                .toList();

        assertEquals(1, known.size());
        assertEquals(3, known.get(0).mean(), 1e-9);
    }

    @Test
    void aTargetThatTwoOfTheRunCouldBeMeantByIsNotAnsweredByOneOfThem() throws IOException {
        raw(
                "spawn-01-jmh.json",
                counted(
                        "Server.fixedLoad",
                        "\"request\": \"ECHO\", \"perSecond\": \"1\", " + venue("HEDDLE"),
                        "p99Nanos",
                        1),
                counted(
                        "Server.fixedLoad",
                        "\"request\": \"ECHO\", \"perSecond\": \"2\", " + venue("HEDDLE"),
                        "p99Nanos",
                        1));
        RawRun run = RawRun.read(folder);

        assertThrows(IllegalStateException.class, () -> MarkdownReport.of(run));
    }

    @Test
    void eachComparisonHasADrawingIfItsNumbersAreAboveZero() throws IOException {
        String parked = "\"tasks\": \"1000\", ";
        raw(
                "switch-01-jmh.json",
                score("Yield.two", venue("HEDDLE"), 120, "ns/op"),
                score("Yield.two", venue("JDK_ONE_CARRIER"), 160, "ns/op"),
                counted("Parked.parkAndWake", parked + venue("HEDDLE"), "rssBytes", 1),
                counted("Parked.parkAndWake", parked + venue("GO"), "rssBytes", -1));
        raw("switch-02-jmh.json", score("Yield.two", venue("HEDDLE"), 5000, "ns/op"));
        raw("placement-01-jmh.json", counted("Placement.looks", venue("HEDDLE"), "misplaced", 0));

        Charts.write(RawRun.read(folder), folder.resolve("charts"));

        try (Stream<Path> drawings = Files.list(folder.resolve("charts"))) {
            assertEquals(
                    List.of("Yield.two.svg"),
                    drawings.map(drawing -> String.valueOf(drawing.getFileName()))
                            .sorted()
                            .toList());
        }
        assertContains(Files.readString(folder.resolve("charts/Yield.two.svg")), "</svg>");
        String report = MarkdownReport.of(RawRun.read(folder));
        assertContains(report, "### Yield.two\n\n[Chart](charts/Yield.two.svg)\n\n| venue |");
        assertFalse(report.contains("charts/Parked"), report);
    }

    private static void assertContains(String text, String part) {
        assertTrue(text.contains(part), () -> "no '" + part + "' in:\n" + text);
    }
}
