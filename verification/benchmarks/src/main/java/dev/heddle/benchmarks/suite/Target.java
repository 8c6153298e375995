package dev.heddle.benchmarks.suite;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What Heddle promises of a ratio, or of a number.
 *
 * @param title what is measured, and beside what
 * @param measured the same, in a run
 * @param floor the same with what the JDK leaves to anyone in Heddle's place; null where nothing stands for that
 * @param isAtMost whether the bound is the most, and not the least
 * @param bound the bound
 */
record Target(String title, Comparison measured, @Nullable Comparison floor, boolean isAtMost, double bound) {
    private static final Question CURRENT_CPU = Question.of("CurrentCpu");
    private static final Question YIELD = Question.of("Yield.two");
    private static final Question PING_PONG = Question.of("PingPong.roundTrip");
    private static final Question SPAWN = Question.of("Spawn.children");
    private static final Question DISPATCH = Question.of("Dispatch.burst");
    private static final Question DISPATCH_OF_FOUR = Question.of("Dispatch.burstOfFourSenders");
    private static final Question LATENCY = Question.of("DispatchLatency.idle").metric("p50Nanos");
    private static final Question PARKED =
            Question.of("Parked.parkAndWake").with("tasks", "1000000").metric("heapBytes");
    private static final Question SKYNET = Question.of("Skynet.tree").with("leaves", "1000000");
    private static final Question LOCAL =
            Question.of("Locality.add").with("crossPercent", "0").metric("requestsPerSecond");
    private static final Question FIXED_LOAD =
            Question.of("Server.fixedLoad").with("request", "ECHO").metric("p99Nanos");
    private static final Question FIXED_LOAD_WITH_ALL = FIXED_LOAD.metric("p99NanosWithLeftOut");

    private static final String HEDDLE = "HEDDLE";
    private static final String SPINNING = "HEDDLE_BUSY_SPIN";
    private static final String JDK = "JDK_VIRTUAL";
    private static final String JDK_ONE_CARRIER = "JDK_ONE_CARRIER";
    private static final String GO = "GO_ONE_P";
    private static final String LOOP = "VIRTUAL_THREADS_ON_A_LOOP";
    private static final String EXECUTORS = "PINNED_EXECUTORS";
    private static final String SELECTOR = "SELECTOR";
    private static final String CALL = "callFloor";

    private static final List<Target> ALL = Stream.of(
                    switches(), starts(), parked(), requests("50000"), requests("1000000"), server())
            .flatMap(List::stream)
            .toList();

    /** All of them, in the order in which they are shown. */
    static List<Target> all() {
        return ALL;
    }

    private static List<Target> switches() {
        return List.of(
                new Target(
                        "`currentCpu()` / C",
                        Comparison.of(CURRENT_CPU, "heddle", "c"),
                        Comparison.of(CURRENT_CPU, CALL, "c"),
                        true,
                        1.1),
                new Target(
                        "OpenHFT's `getCpu()` / `currentCpu()`",
                        Comparison.of(CURRENT_CPU, "openHft", "heddle"),
                        Comparison.of(CURRENT_CPU, "openHft", CALL),
                        false,
                        20),
                atMost(1.15, "yield / bare continuation", YIELD, "CONTINUATIONS")
                        .withFloor(LOOP),
                atMost(0.85, "yield / JDK's scheduler with one carrier", YIELD, JDK_ONE_CARRIER)
                        .withFloor(LOOP),
                atMost(0.5, "ping-pong on one core / JDK's scheduler, all carriers", PING_PONG, JDK)
                        .withFloor(LOOP),
                atMost(0.5, "ping-pong on one core / JDK's scheduler with one carrier", PING_PONG, JDK_ONE_CARRIER)
                        .withFloor(LOOP),
                atMost(1.5, "ping-pong on one core / Go with one P", PING_PONG, GO)
                        .withFloor(LOOP),
                new Target(
                                "ping-pong across cores / JDK's scheduler",
                                Comparison.of(PING_PONG, "HEDDLE_ACROSS", JDK),
                                null,
                                true,
                                0.8)
                        .withFloor("VIRTUAL_THREADS_ON_TWO_LOOPS"));
    }

    private static List<Target> starts() {
        return List.of(
                atMost(0.65, "spawn on own core / JDK's scheduler, all carriers", SPAWN, JDK)
                        .withFloor(LOOP),
                atMost(0.65, "spawn on own core / JDK's scheduler with one carrier", SPAWN, JDK_ONE_CARRIER)
                        .withFloor(LOOP),
                atMost(0.35, "spawn on own core / Go with one P", SPAWN, GO).withFloor(LOOP),
                atMost(1.0, "dispatch to another core / JDK's scheduler, all carriers", DISPATCH, JDK)
                        .withFloor(LOOP),
                atMost(1.0, "dispatch to another core / JDK's scheduler with one carrier", DISPATCH, JDK_ONE_CARRIER)
                        .withFloor(LOOP),
                atMost(1.0, "dispatch by four senders / JDK's scheduler, all carriers", DISPATCH_OF_FOUR, JDK)
                        .withFloor(LOOP),
                atMost(
                                1.0,
                                "dispatch by four senders / JDK's scheduler with one carrier",
                                DISPATCH_OF_FOUR,
                                JDK_ONE_CARRIER)
                        .withFloor(LOOP),
                new Target(
                                "dispatch to another core / JDK's spawn, all carriers",
                                new Comparison(DISPATCH, HEDDLE, SPAWN, JDK),
                                null,
                                true,
                                1.0)
                        .withFloor(LOOP),
                new Target(
                        "Go CoreManager's dispatch / dispatch to another core",
                        Comparison.of(DISPATCH, "GO_CORE_MANAGER", HEDDLE),
                        null,
                        false,
                        15),
                new Target(
                                "ns from submission to start, idle spinning core, p50",
                                Comparison.ofNumber(LATENCY, SPINNING),
                                null,
                                true,
                                1_000)
                        .withFloor(LOOP));
    }

    private static List<Target> parked() {
        return List.of(
                new Target(
                                "bytes of heap of a parked task, of 1,000,000",
                                Comparison.ofNumber(PARKED, HEDDLE),
                                null,
                                true,
                                600)
                        .withFloor(JDK),
                atMost(0.35, "bytes of heap of a parked task, of 1,000,000 / Go's", PARKED, "GO")
                        .withFloor(JDK),
                atMost(1.0, "tree of 1,000,000 leaves, anywhere / JDK's scheduler", SKYNET, JDK));
    }

    private static List<Target> requests(String keys) {
        String rate = String.format(Locale.ROOT, "requests/s to %,d keys, of one's own core: ", Integer.parseInt(keys));
        Question question = LOCAL.with("keys", keys);
        return List.of(
                atLeastTwice(
                                rate + "a `HashMap` on each core / `ConcurrentHashMap` on the JDK's scheduler",
                                Comparison.of(question, HEDDLE, JDK))
                        .withFloor(EXECUTORS),
                atLeastTwice(
                                rate + "a `HashMap` on each core / `ConcurrentHashMap` with atomic values",
                                Comparison.of(question, HEDDLE, "JDK_VIRTUAL_ATOMIC"))
                        .withFloor(EXECUTORS),
                atLeastTwice(
                        rate + "a map of longs on each core / `ConcurrentHashMap` on the JDK's scheduler",
                        Comparison.of(question, "HEDDLE_LONG_MAP", JDK)),
                atLeastTwice(
                        rate + "a map of longs on each core / maps of longs behind locks",
                        Comparison.of(question, "HEDDLE_LONG_MAP", "JDK_VIRTUAL_LOCKED_LONG_MAP")));
    }

    private static List<Target> server() {
        return List.of(
                p99("", FIXED_LOAD, HEDDLE).withFloor(SELECTOR),
                p99(", with what was left out", FIXED_LOAD_WITH_ALL, HEDDLE).withFloor(SELECTOR),
                p99(", on a core that never parks", FIXED_LOAD, SPINNING),
                p99(", on a core that never parks, with what was left out", FIXED_LOAD_WITH_ALL, SPINNING));
    }

    private static Target p99(String how, Question question, String venue) {
        String title = "server's p99 at a fixed load" + how + " / JDK's scheduler";
        return new Target(title, Comparison.of(question, venue, JDK), null, true, 0.8);
    }

    private static Target atMost(double bound, String title, Question question, String beside) {
        return new Target(title, Comparison.of(question, HEDDLE, beside), null, true, bound);
    }

    private static Target atLeastTwice(String title, Comparison measured) {
        return new Target(title, measured, null, false, 2);
    }

    /** With a venue in Heddle's place, which is the numerator's. */
    private Target withFloor(String venue) {
        Comparison least =
                new Comparison(measured.question(), venue, measured.besideQuestion(), measured.besideVenue());
        return new Target(title, measured, least, isAtMost, bound);
    }

    String limit() {
        return (isAtMost ? "<= " : ">= ")
                + (bound == Math.rint(bound) ? String.valueOf((long) bound) : String.format(Locale.ROOT, "%s", bound));
    }

    /** The floor in a run, as text; nothing if none stands there, or what stands for it did worse than Heddle: then it is none. */
    String floorIn(RawRun run) {
        if (floor == null) {
            return "";
        }
        double least = floor.in(run).mean();
        double heddle = measured.in(run).mean();
        return (isAtMost ? least > heddle : least < heddle) ? "" : floor.in(run).toString();
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
