package dev.heddle.benchmarks.suite;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One number of a run beside another, or by itself.
 *
 * @param question the numerator's. Parameters that it does not name may be anything, but the same throughout the run
 * @param venue the numerator's
 * @param besideQuestion the denominator's
 * @param besideVenue the denominator's, or null: then it is the number itself
 */
record Comparison(
        Question question,
        String venue,
        Question besideQuestion,
        @Nullable String besideVenue) {
    static Comparison of(Question question, String venue, String besideVenue) {
        return new Comparison(question, venue, question, besideVenue);
    }

    static Comparison ofNumber(Question question, String venue) {
        return new Comparison(question, venue, question, null);
    }

    /** What the run says of it: unknown if it has not measured both. */
    Ratio in(RawRun run) {
        Map<Integer, Double> numerators = find(run, question, venue);
        Map<Integer, Double> denominators = besideVenue == null
                ? numerators.keySet().stream().collect(Collectors.toMap(round -> round, round -> 1.0))
                : find(run, besideQuestion, besideVenue);
        return Ratio.of(numerators, denominators);
    }

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
}
