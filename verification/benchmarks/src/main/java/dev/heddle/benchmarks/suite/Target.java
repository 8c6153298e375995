package dev.heddle.benchmarks.suite;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What Heddle promises of a ratio, or of a number.
 *
 * @param title what is measured, and beside what
 * @param question the numerator's
 * @param venue the numerator's
 * @param besideQuestion the denominator's
 * @param besideVenue the denominator's, or null: then the number itself is held against the bound
 * @param isAtMost whether the bound is the most, and not the least
 * @param bound the bound
 */
record Target(
        String title,
        Question question,
        String venue,
        Question besideQuestion,
        @Nullable String besideVenue,
        boolean isAtMost,
        double bound) {

    private static final Question CURRENT_CPU = Question.of("CurrentCpu");
    private static final Question YIELD = Question.of("Yield.two");
    private static final Question PING_PONG = Question.of("PingPong.roundTrip");
    private static final Question SPAWN = Question.of("Spawn.children");
    private static final Question DISPATCH = Question.of("Dispatch.burst");
    private static final Question PARKED =
            Question.of("Parked.parkAndWake").with("tasks", "1000000").metric("heapBytes");
    private static final Question LOCAL =
            Question.of("Locality.add").with("crossPercent", "0").metric("requestsPerSecond");
    private static final Question FIXED_LOAD =
            Question.of("Server.fixedLoad").with("request", "ECHO").metric("p99Nanos");

    /** All of them, in the order in which they are shown. */
    static List<Target> all() {
        return List.of(
                ratio("`currentCpu()` / C", CURRENT_CPU, "heddle", "c", true, 1.1),
                ratio("OpenHFT's `getCpu()` / `currentCpu()`", CURRENT_CPU, "openHft", "heddle", false, 20),
                ratio("yield / bare continuation", YIELD, "HEDDLE", "CONTINUATIONS", true, 1.15),
                ratio("yield / JDK's scheduler with one carrier", YIELD, "HEDDLE", "JDK_ONE_CARRIER", true, 0.85),
                ratio(
                        "ping-pong on one core / JDK's scheduler, all carriers",
                        PING_PONG,
                        "HEDDLE",
                        "JDK_VIRTUAL",
                        true,
                        0.5),
                ratio(
                        "the same / JDK's scheduler with one carrier",
                        Question.of("PingPong.roundTripOneJdkCarrier"),
                        "HEDDLE",
                        "JDK_VIRTUAL",
                        true,
                        0.5),
                ratio("ping-pong on one core / Go with one P", PING_PONG, "HEDDLE", "GO_ONE_P", true, 1.5),
                ratio("ping-pong across cores / JDK's scheduler", PING_PONG, "HEDDLE_ACROSS", "JDK_VIRTUAL", true, 0.8),
                ratio("spawn on own core / JDK's scheduler, all carriers", SPAWN, "HEDDLE", "JDK_VIRTUAL", true, 0.65),
                ratio("spawn on own core / Go with one P", SPAWN, "HEDDLE", "GO_ONE_P", true, 0.35),
                ratio(
                        "dispatch to another core / JDK's scheduler, all carriers",
                        DISPATCH,
                        "HEDDLE",
                        "JDK_VIRTUAL",
                        true,
                        1.0),
                new Target("the same / JDK's spawn, all carriers", DISPATCH, "HEDDLE", SPAWN, "JDK_VIRTUAL", true, 1.0),
                ratio("Go CoreManager's dispatch / ours", DISPATCH, "GO_CORE_MANAGER", "HEDDLE", false, 15),
                number(
                        "ns from submission to start, idle spinning core, p50",
                        Question.of("DispatchLatency.idle").metric("p50Nanos"),
                        "HEDDLE_BUSY_SPIN",
                        1_000),
                number("bytes of heap of a parked task, of 1,000,000", PARKED, "HEDDLE", 600),
                ratio("the same / Go", PARKED, "HEDDLE", "GO", true, 0.35),
                ratio(
                        "tree of 1,000,000 leaves, anywhere / JDK's scheduler",
                        Question.of("Skynet.tree").with("leaves", "1000000"),
                        "HEDDLE",
                        "JDK_VIRTUAL",
                        true,
                        1.0),
                requests(
                        "a `HashMap` on each core / `ConcurrentHashMap` on the JDK's scheduler",
                        "50000",
                        "HEDDLE",
                        "JDK_VIRTUAL"),
                requests(
                        "a `HashMap` on each core / `ConcurrentHashMap` with atomic values",
                        "50000",
                        "HEDDLE",
                        "JDK_VIRTUAL_ATOMIC"),
                requests(
                        "a map of longs on each core / `ConcurrentHashMap` on the JDK's scheduler",
                        "50000",
                        "HEDDLE_LONG_MAP",
                        "JDK_VIRTUAL"),
                requests(
                        "a map of longs on each core / maps of longs behind locks",
                        "50000",
                        "HEDDLE_LONG_MAP",
                        "JDK_VIRTUAL_LOCKED_LONG_MAP"),
                requests(
                        "a `HashMap` on each core / `ConcurrentHashMap` on the JDK's scheduler",
                        "1000000",
                        "HEDDLE",
                        "JDK_VIRTUAL"),
                requests(
                        "a `HashMap` on each core / `ConcurrentHashMap` with atomic values",
                        "1000000",
                        "HEDDLE",
                        "JDK_VIRTUAL_ATOMIC"),
                requests(
                        "a map of longs on each core / `ConcurrentHashMap` on the JDK's scheduler",
                        "1000000",
                        "HEDDLE_LONG_MAP",
                        "JDK_VIRTUAL"),
                requests(
                        "a map of longs on each core / maps of longs behind locks",
                        "1000000",
                        "HEDDLE_LONG_MAP",
                        "JDK_VIRTUAL_LOCKED_LONG_MAP"),
                ratio(
                        "server's p99 at a fixed load / JDK's scheduler",
                        FIXED_LOAD,
                        "HEDDLE",
                        "JDK_VIRTUAL",
                        true,
                        0.8));
    }

    private static Target ratio(
            String title, Question question, String venue, String beside, boolean isAtMost, double bound) {
        return new Target(title, question, venue, question, beside, isAtMost, bound);
    }

    private static Target requests(String title, String keys, String venue, String beside) {
        String rate = String.format(Locale.ROOT, "requests/s to %,d keys, of one's own core: ", Integer.parseInt(keys));
        return ratio(rate + title, LOCAL.with("keys", keys), venue, beside, false, 2);
    }

    private static Target number(String title, Question question, String venue, double most) {
        return new Target(title, question, venue, question, null, true, most);
    }

    /** What the run says of it: unknown if it has not measured both. */
    Ratio in(RawRun run) {
        Map<Integer, Double> mine = find(run, question, venue);
        if (besideVenue != null) {
            return Ratio.of(mine, find(run, besideQuestion, besideVenue));
        }
        return Ratio.of(mine, mine.keySet().stream().collect(Collectors.toMap(round -> round, round -> 1.0)));
    }

    /** Parameters that the target does not name may be anything, but the same throughout the run. */
    private static Map<Integer, Double> find(RawRun run, Question wanted, String venue) {
        List<Question> found = run.questions().stream()
                .filter(question -> question.benchmark().equals(wanted.benchmark())
                        && question.metric().equals(wanted.metric())
                        && question.parameters()
                                .entrySet()
                                .containsAll(wanted.parameters().entrySet())
                        && run.venues(question).contains(venue))
                .toList();
        if (found.size() > 1) {
            throw new IllegalStateException(
                    "a target asks for " + wanted.scenario() + ", and the run has " + found.size() + " of them");
        }
        return found.isEmpty() ? Map.of() : run.numbers(found.get(0), venue);
    }

    String limit() {
        return (isAtMost ? "<= " : ">= ")
                + (bound == Math.rint(bound) ? String.valueOf((long) bound) : String.format(Locale.ROOT, "%s", bound));
    }

    /** Met or not if all that the error allows is on one side of the bound, else open; nothing if there is no error. */
    String verdict(Ratio ratio) {
        if (Double.isNaN(ratio.low())) {
            return "";
        }
        if (isAtMost ? ratio.high() <= bound : ratio.low() >= bound) {
            return "met";
        }
        return (isAtMost ? ratio.low() > bound : ratio.high() < bound) ? "**not met**" : "open";
    }
}
