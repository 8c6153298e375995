package dev.heddle.benchmarks.suite;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is compared: one number of one benchmark under the same parameters, at several venues.
 *
 * @param benchmark {@code Class.method}, or the class alone where each venue has a method
 * @param parameters all but the venue
 * @param metric its name, empty for the score itself
 */
record Question(String benchmark, Map<String, String> parameters, String metric) implements Comparable<Question> {
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    Question {
        parameters = new TreeMap<>(parameters);
    }

    static Question of(String benchmark) {
        return new Question(benchmark, Map.of(), "");
    }

    Question with(String parameter, String value) {
        Map<String, String> more = new TreeMap<>(parameters);
        more.put(parameter, value);
        return new Question(benchmark, more, metric);
    }

    Question metric(String name) {
        return new Question(benchmark, parameters, name);
    }

    /** The benchmark and its parameters, as a heading. */
    String scenario() {
        return parameters.isEmpty()
                ? benchmark
                : parameters.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.joining(", ", benchmark + " (", ")"));
    }

    @Override
    public int compareTo(Question other) {
        int order = benchmark.compareTo(other.benchmark);
        order = order != 0 ? order : compareNumbers(parameters.toString(), other.parameters.toString());
        return order != 0 ? order : compareNumbers(metric, other.metric);
    }

    /** Numbers inside the texts by their size: a longer one is larger. */
    private static int compareNumbers(String a, String b) {
        return pad(a).compareTo(pad(b));
    }

    private static String pad(String text) {
        return NUMBER.matcher(text)
                .replaceAll(number -> "0".repeat(Math.max(0, 12 - number.group().length())) + number.group());
    }
}
