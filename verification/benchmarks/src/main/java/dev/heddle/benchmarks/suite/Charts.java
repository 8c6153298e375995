package dev.heddle.benchmarks.suite;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Draws each comparison of a run on a logarithmic scale, which has no zero for bars: as dots, with triangles at the lowest and the
 * highest round.
 */
final class Charts {
    private static final int WIDTH = 1200;
    private static final int HEIGHT = 480;

    /** One for each metric. */
    private static final List<Color> COLORS = List.of(
            new Color(0x1f77b4), new Color(0xd62728), new Color(0x2ca02c), new Color(0x9467bd), new Color(0xff7f0e));

    private Charts() {}

    /** Writes an SVG for each scenario into a folder. */
    static void write(RawRun run, Path folder) throws IOException {
        Files.createDirectories(folder);
        Map<String, List<Question>> scenarios = new TreeMap<>();
        for (Question question : run.questions()) {
            scenarios
                    .computeIfAbsent(question.scenario(), s -> new ArrayList<>())
                    .add(question);
        }
        for (Map.Entry<String, List<Question>> each : scenarios.entrySet()) {
            List<Question> drawable = drawable(run, each.getValue());
            if (!drawable.isEmpty()) {
                VectorGraphicsEncoder.saveVectorGraphic(
                        draw(run, each.getKey(), drawable),
                        folder.resolve(file(each.getKey())).toString(),
                        VectorGraphicsFormat.SVG);
            }
        }
    }

    /** The file with the drawing of a scenario. */
    static String file(String scenario) {
        return scenario.replaceAll("[^A-Za-z0-9=.]+", "-").replaceAll("-$", "") + ".svg";
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
                .setLegendPosition(Styler.LegendPosition.OutsideS)
                .setLegendLayout(Styler.LegendLayout.Horizontal)
                .setChartBackgroundColor(Color.WHITE);
        List<String> venues = run.oursFirst(metrics);
        double lowest = Double.MAX_VALUE;
        double highest = Double.MIN_VALUE;
        for (Question metric : metrics) {
            List<Double> lows = new ArrayList<>();
            List<Double> middles = new ArrayList<>();
            List<Double> highs = new ArrayList<>();
            for (String venue : venues) {
                Collection<Double> numbers = run.numbers(metric, venue).values();
                lows.add(Collections.min(numbers));
                middles.add(MarkdownReport.typical(numbers));
                highs.add(Collections.max(numbers));
            }
            lowest = Math.min(lowest, Collections.min(lows));
            highest = Math.max(highest, Collections.max(highs));
            String name = metric.metric().isEmpty() ? "ns" : metric.metric();
            Color color = COLORS.get(chart.getSeriesMap().size() / 3 % COLORS.size());
            mark(chart.addSeries(name, venues, middles), color, SeriesMarkers.CIRCLE);
            mark(chart.addSeries(name + ", lowest round", venues, lows), color, SeriesMarkers.TRIANGLE_UP);
            mark(chart.addSeries(name + ", highest round", venues, highs), color, SeriesMarkers.TRIANGLE_DOWN);
        }
        chart.getStyler() // whole decades
                .setYAxisMin(Math.pow(10, Math.floor(Math.log10(lowest))))
                .setYAxisMax(Math.pow(10, Math.floor(Math.log10(highest)) + 1));
        return chart;
    }

    private static void mark(CategorySeries series, Color color, Marker marker) {
        series.setMarkerColor(color).setMarker(marker);
    }

    /** The metrics that every venue has, and above zero: the others have no place on this scale, and are left to the table. */
    static List<Question> drawable(RawRun run, List<Question> metrics) {
        List<String> venues = run.oursFirst(metrics);
        return metrics.stream()
                .filter(metric ->
                        !Group.PLACEMENT.has(metric.benchmark())) // of its numbers the ones that matter are zero
                .filter(metric -> venues.stream()
                        .allMatch(venue -> !run.numbers(metric, venue).isEmpty()
                                && Collections.min(run.numbers(metric, venue).values()) > 0))
                .toList();
    }
}
