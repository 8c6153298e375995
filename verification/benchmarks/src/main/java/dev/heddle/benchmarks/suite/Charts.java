package dev.heddle.benchmarks.suite;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler;

/** Draws each comparison of a run as dots with the range of the rounds, on a logarithmic scale: which has no zero for bars. */
final class Charts {
    private static final int WIDTH = 1200;
    private static final int HEIGHT = 480;

    /** As a part of the number: whiskers go both ways, and zero is infinitely far down. */
    private static final double LONGEST_WHISKER = 0.9;

    private Charts() {}

    /** Writes an SVG for each scenario into a folder. */
    static void write(RawRun run, Path folder) throws IOException {
        Files.createDirectories(folder);
        Map<String, List<Question>> scenarios = new TreeMap<>();
        for (Question question : run.questions()) {
            if (!Group.PLACEMENT.has(question.benchmark())) { // of its numbers the ones that matter are zero
                scenarios
                        .computeIfAbsent(question.scenario(), s -> new ArrayList<>())
                        .add(question);
            }
        }
        for (Map.Entry<String, List<Question>> each : scenarios.entrySet()) {
            List<Question> drawable = drawable(run, each.getValue());
            if (drawable.isEmpty()) {
                continue;
            }
            String file = each.getKey().replaceAll("[^A-Za-z0-9=.]+", "-").replaceAll("-$", "");
            VectorGraphicsEncoder.saveVectorGraphic(
                    draw(run, each.getKey(), drawable), folder.resolve(file).toString(), VectorGraphicsFormat.SVG);
        }
    }

    private static CategoryChart draw(RawRun run, String title, List<Question> metrics) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .yAxisTitle(metrics.size() == 1 && metrics.get(0).metric().isEmpty() ? "ns" : "")
                .build();
        chart.getStyler()
                .setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Scatter)
                .setYAxisLogarithmic(true)
                .setYAxisDecimalPattern("#,##0.###")
                .setXAxisLabelRotation(30)
                .setLegendVisible(metrics.size() > 1)
                .setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Horizontal)
                .setChartBackgroundColor(Color.WHITE);
        List<String> venues = run.oursFirst(metrics);
        double lowest = Double.MAX_VALUE;
        double highest = Double.MIN_VALUE;
        for (Question metric : metrics) {
            List<Double> middles = new ArrayList<>();
            List<Double> errors = new ArrayList<>();
            for (String venue : venues) {
                Collection<Double> numbers = run.numbers(metric, venue).values();
                double middle = MarkdownReport.typical(numbers);
                double error = Math.min(halfRange(numbers), middle * LONGEST_WHISKER);
                middles.add(middle);
                errors.add(error);
                lowest = Math.min(lowest, middle - error);
                highest = Math.max(highest, middle + error);
            }
            chart.addSeries(metric.metric().isEmpty() ? "ns" : metric.metric(), venues, middles, errors);
        }
        chart.getStyler() // whole decades
                .setYAxisMin(Math.pow(10, Math.floor(Math.log10(lowest))))
                .setYAxisMax(Math.pow(10, Math.floor(Math.log10(highest)) + 1));
        return chart;
    }

    /** The metrics that every venue has, and above zero: the others have no place on this scale, and are left to the table. */
    private static List<Question> drawable(RawRun run, List<Question> metrics) {
        List<String> venues = run.oursFirst(metrics);
        return metrics.stream()
                .filter(metric -> venues.stream()
                        .allMatch(venue -> !run.numbers(metric, venue).isEmpty()
                                && MarkdownReport.typical(
                                                run.numbers(metric, venue).values())
                                        > 0))
                .toList();
    }

    private static double halfRange(Collection<Double> numbers) {
        double low = numbers.stream().mapToDouble(d -> d).min().orElse(0);
        double high = numbers.stream().mapToDouble(d -> d).max().orElse(0);
        return (high - low) / 2;
    }
}
