package dev.heddle.benchmarks.suite;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.commons.math3.stat.StatUtils;

/** Writes a run down: what was promised, every number of every group, ours beside the others', and where those are better. */
final class MarkdownReport {
    private final RawRun run;
    private final StringBuilder text = new StringBuilder();

    private MarkdownReport(RawRun run) {
        this.run = run;
    }

    static String of(RawRun run) {
        MarkdownReport report = new MarkdownReport(run);
        report.head();
        report.targets();
        for (Group group : Group.values()) {
            report.group(group);
        }
        report.ahead();
        report.machine();
        return report.text.toString();
    }

    private void head() {
        line("# Benchmarks");
        line("");
        line("%s round%s: in each, every benchmark and venue has one process of its own, group after group."
                .formatted(run.rounds(), run.rounds() == 1 ? "" : "s"));
        line(
                "Each number is the geometric mean of the rounds (the plain one where a round had 0). Ratios are made round by round, and given as");
        line(
                "their geometric mean with the limits of 95 % confidence; one round has none. A promise is met or not met if these are on one");
        line("side of it, else open.");
        if (isQuick()) {
            line("");
            line("**A quick run.** It shows that everything works. Nothing was warm, and the numbers mean nothing.");
        }
        line("");
        line(cannotShow());
    }

    private boolean isQuick() {
        return run.machine().path("quick").booleanValue();
    }

    /** What the numbers do not say, by what the machine is. */
    private String cannotShow() {
        int cores = run.machine().path("physicalCores").intValue();
        List<String> limits = new ArrayList<>();
        if (cores < 4) {
            limits.add("**What " + cores
                    + " cores cannot show.** Senders, the load generator, the collector and the compilers share the"
                    + " CPUs with what is measured, or take one of them away. Stealing has one victim, a spread is over "
                    + cores
                    + " queues, nothing crosses a NUMA node, and what grows with the number of cores - contention on a shared"
                    + " map, on a global queue - is that of so few.");
        }
        if (run.machine().path("virtualized").booleanValue()) {
            limits.add("The machine is virtual: its CPUs are shared with others, and a wake-up from the kernel includes"
                    + " the hypervisor's.");
        }
        JsonNode usual = run.machine().path(RawRun.USUAL_DISTANCE);
        if (usual.isNumber()) {
            limits.add(String.format(
                    Locale.ROOT,
                    """
                    A word takes %.0f ns from the first CPU to the last and back, mostly. That was looked at before and after
                    what was measured, as the raw files have it, of Go and C before and after all of a group; of what happened in
                    between nothing is known. Of %d results %d came about at that distance. Measured twice, for it was another one the
                    first time: %d.""",
                    usual.doubleValue(),
                    run.watchedResults(),
                    run.usualResults(),
                    run.replacedResults()));
        }
        if (run.watchedIterations() > 0) {
            limits.add(String.format(Locale.ROOT, """
                    Where a result is the mean of several iterations those count that had that distance, %d of %d; of Go and C all
                    count, which favours what runs in a JVM beside them.""", run.usualIterations(), run.watchedIterations()));
        }
        return String.join("\n", limits);
    }

    /** Those that the run has measured. */
    private void targets() {
        List<String> rows = new ArrayList<>();
        for (Target target : Target.all()) {
            Ratio ratio = target.measured().in(run);
            if (ratio.isKnown()) {
                rows.add("| %s | %s | %s | %s | %s |"
                        .formatted(target.title(), target.limit(), ratio, target.verdict(ratio), target.floorIn(run)));
            }
        }
        double samples = ofPlacement("samples");
        if (samples > 0) {
            double misplaced = ofPlacement("misplaced");
            rows.add("| looks off the core asked for | 0 | %.0f of %.0f | %s | |"
                    .formatted(misplaced, samples, misplaced == 0 ? "met" : "**not met**"));
        }
        if (rows.isEmpty()) {
            return;
        }
        section("What is promised");
        line("| measured | promised | measured here | | the JDK's floor |");
        line("| --- | --- | --- | --- | --- |");
        rows.forEach(this::line);
        line("");
        text.append("""
                The JDK's floor is the same with the JDK's virtual threads on a plain loop in Heddle's place: no books, no
                hand-over, never parked. For `currentCpu()` it is a call of a C function that does nothing, for a parked task the
                JDK's own virtual thread, for a server whose core parks one platform thread at a selector, and for a `HashMap` on each
                core one on each pinned executor, without virtual threads: where more is better it is not the least but the most.
                Where nothing stands for it, or what does is slower than Heddle, it is empty. A scheduler of virtual threads can hardly
                do better, but for the JDK's set of threads: a spawn on the loop pays for it, and Heddle's does not. Where both limits
                of the floor are beyond what is promised, the promise is hardly to be had.
                """);
    }

    /** The sum of a metric of ours over all that the tasks did, and all rounds. */
    private double ofPlacement(String metric) {
        return run.questions().stream()
                .filter(question -> Group.PLACEMENT.has(question.benchmark())
                        && question.metric().equals(metric))
                .flatMap(question -> run.numbers(question, RawRun.OURS).values().stream())
                .mapToDouble(each -> each)
                .sum();
    }

    private void group(Group group) {
        Map<String, List<Question>> scenarios = new TreeMap<>();
        List<Question> all = run.questions().stream()
                .filter(question -> group.has(question.benchmark()))
                .toList();
        if (all.isEmpty()) {
            return;
        }
        section(group.toString());
        line(group.question());
        Set<String> order = new LinkedHashSet<>();
        for (Question question : all) {
            order.add(question.scenario());
            scenarios
                    .computeIfAbsent(question.scenario(), s -> new ArrayList<>())
                    .add(question);
        }
        for (String scenario : order) {
            scenario(scenario, scenarios.getOrDefault(scenario, List.of()));
        }
    }

    private void scenario(String name, List<Question> metrics) {
        line("");
        line("### " + name);
        line("");
        if (!Charts.drawable(run, metrics).isEmpty()) {
            line("[Chart](charts/" + Charts.file(name) + ")");
            line("");
        }
        StringBuilder head = new StringBuilder("| venue |");
        StringBuilder rule = new StringBuilder("| --- |");
        for (Question metric : metrics) {
            head.append(' ').append(unit(metric)).append(isCount(metric) ? " |" : " | times Heddle's |");
            rule.append(isCount(metric) ? " ---: |" : " ---: | --- |");
        }
        line(head.toString());
        line(rule.toString());
        for (String venue : run.oursFirst(metrics)) {
            StringBuilder row = new StringBuilder("| " + venue + " |");
            for (Question metric : metrics) {
                Map<Integer, Double> numbers = run.numbers(metric, venue);
                row.append(' ')
                        .append(numbers.isEmpty() ? "" : number(typical(numbers.values())))
                        .append(" |");
                if (!isCount(metric)) {
                    row.append(' ')
                            .append(isOurs(venue, metric) ? "" : Ratio.of(numbers, ours(metric)))
                            .append(" |");
                }
            }
            line(row.toString());
        }
    }

    private Map<Integer, Double> ours(Question metric) {
        Map<Integer, Double> upper = run.numbers(metric, RawRun.OURS);
        return upper.isEmpty() ? run.numbers(metric, RawRun.OURS.toLowerCase(Locale.ROOT)) : upper;
    }

    private boolean isOurs(String venue, Question metric) {
        return venue.equalsIgnoreCase(RawRun.OURS) || ours(metric).isEmpty();
    }

    /** Whether it is how often something was measured, of which nobody has more to show than another. */
    private static boolean isCount(Question metric) {
        return List.of("counted", "leftOut", "samples").contains(metric.metric());
    }

    /** Every number that another venue has better than one of ours, by the mean. */
    private void ahead() {
        List<String> rows = new ArrayList<>();
        for (Question metric : run.questions()) {
            for (String ours : run.venues(metric)) {
                String better = isCount(metric) || !isHeddles(ours) ? "" : ahead(metric, ours);
                if (!better.isEmpty()) {
                    rows.add("| %s | %s | %s | %s |".formatted(metric.scenario(), unit(metric), ours, better));
                }
            }
        }
        if (rows.isEmpty()) {
            return;
        }
        section("Where another is ahead");
        line(
                "By the mean, whatever the limits are: how many times Heddle's number another has, the best first. What is 0 or less in a");
        line("round has no ratio, and is not here.");
        line("");
        line("| benchmark | number | Heddle | ahead of it |");
        line("| --- | --- | --- | --- |");
        rows.forEach(this::line);
    }

    private String ahead(Question metric, String ours) {
        boolean isMoreBetter = metric.metric().equals("requestsPerSecond");
        Comparator<Map.Entry<String, Ratio>> leastFirst =
                Comparator.comparingDouble(each -> each.getValue().mean());
        return run.venues(metric).stream()
                .filter(venue -> !isHeddles(venue))
                .map(venue -> Map.entry(venue, Ratio.of(run.numbers(metric, venue), run.numbers(metric, ours))))
                .filter(each -> isMoreBetter
                        ? each.getValue().mean() > 1
                        : each.getValue().mean() < 1)
                .sorted(isMoreBetter ? leastFirst.reversed() : leastFirst)
                .map(each -> each.getKey() + " " + each.getValue())
                .collect(Collectors.joining(", "));
    }

    /** Whether it is one of Heddle's venues, be it the one that the others are compared with or not. */
    private static boolean isHeddles(String venue) {
        return venue.toUpperCase(Locale.ROOT).startsWith(RawRun.OURS);
    }

    private static String unit(Question metric) {
        return metric.metric().isEmpty() ? "ns" : metric.metric();
    }

    /** The geometric mean, whose quotients are the ratios that stand beside it; the plain one where that is not to be had. */
    static double typical(Collection<Double> numbers) {
        double[] all = numbers.stream().mapToDouble(d -> d).toArray();
        return StatUtils.min(all) > 0 ? StatUtils.geometricMean(all) : StatUtils.mean(all);
    }

    private static String number(double value) {
        boolean isWhole =
                Math.abs(value - Math.rint(value)) <= 1e-9 * value; // the mean of equal numbers is off by a last bit
        return isWhole || value >= 1_000
                ? String.format(Locale.ROOT, "%,d", Math.round(value))
                : String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
    }

    private void machine() {
        section("The machine");
        for (Map.Entry<String, JsonNode> each : run.machine().properties()) {
            if (!each.getValue().isObject()) {
                line("- " + each.getKey() + ": " + each.getValue().asText());
            }
        }
        for (Map.Entry<String, JsonNode> each : run.machine().path("peers").properties()) {
            line("- " + each.getKey() + ": " + each.getValue().asText());
        }
    }

    private void section(String title) {
        line("");
        line("## " + title);
        line("");
    }

    private void line(String line) {
        text.append(line).append('\n');
    }
}
