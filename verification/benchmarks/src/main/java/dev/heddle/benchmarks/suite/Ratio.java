package dev.heddle.benchmarks.suite;

import java.util.Locale;
import java.util.Map;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;

/**
 * How many times as large one number is as another, which was measured in the same rounds.
 *
 * <p>Each round gives one ratio: what drifts from round to round, as a shared machine does, drifts in both. The geometric mean of
 * the ratios stands for them, between the limits that hold it with 95 % confidence by Student's distribution of their logarithms. One
 * round gives no limits.
 *
 * @param mean the geometric mean
 * @param low the lower limit, NaN if there is none
 * @param high the upper limit, NaN if there is none
 */
record Ratio(double mean, double low, double high) {
    private static final double CONFIDENCE = 0.95;

    private static final Ratio UNKNOWN = new Ratio(Double.NaN, Double.NaN, Double.NaN);

    /**
     * Compares pair by pair.
     *
     * @param numerators by round
     * @param denominators by round
     * @return the ratio, with a mean of NaN if no round has both or a number is not above 0
     */
    static Ratio of(Map<Integer, Double> numerators, Map<Integer, Double> denominators) {
        DescriptiveStatistics logs = new DescriptiveStatistics();
        for (Map.Entry<Integer, Double> each : numerators.entrySet()) {
            Double denominator = denominators.get(each.getKey());
            if (denominator != null) {
                logs.addValue(Math.log(each.getValue()) - Math.log(denominator));
            }
        }
        int n = (int) logs.getN();
        double mean = logs.getMean();
        if (n == 0 || !Double.isFinite(mean)) {
            return UNKNOWN;
        }
        double half = n < 2
                ? Double.NaN
                : new TDistribution(n - 1).inverseCumulativeProbability(1 - (1 - CONFIDENCE) / 2)
                        * logs.getStandardDeviation()
                        / Math.sqrt(n);
        return new Ratio(Math.exp(mean), Math.exp(mean - half), Math.exp(mean + half));
    }

    boolean isKnown() {
        return !Double.isNaN(mean);
    }

    @Override
    public String toString() {
        if (!isKnown()) {
            return "-";
        }
        String text = number(mean);
        return Double.isNaN(low) ? text : text + " (" + number(low) + " to " + number(high) + ")";
    }

    private static String number(double value) {
        String format =
                value < 0.1 ? "%.2g" : value < 10 ? "%.2f" : value < 100 ? "%.1f" : value < 1e4 ? "%.0f" : "%.0e";
        return String.format(Locale.ROOT, format, value);
    }
}
