package dev.heddle.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;

/** Prints what a run gave, and what the comparison gave beside it. */
final class Report {
    /** How it is printed. */
    enum Format {
        TABLE,
        JSON,
        CSV
    }

    private final PrintWriter out;
    private final PrintWriter messages;
    private final Ansi ansi;

    Report(PrintWriter out, PrintWriter messages, Ansi ansi) {
        this.out = out;
        this.messages = messages;
        this.ansi = ansi;
    }

    void print(Format format, RunResult result, @Nullable RunResult compared) throws IOException {
        switch (format) {
            case TABLE -> table(result, compared);
            case JSON -> json(result, compared);
            case CSV -> csv(result, compared);
        }
        Output.requireWritten(out, "the report");
    }

    private void table(RunResult result, @Nullable RunResult compared) {
        String row = "%6s  %4s  %-16s  %7s  %9s  %5s  %11s  %s%n";
        for (RunResult each : results(result, compared)) {
            out.printf(row, "TASK", "CORE", "SEEN ON", "SAMPLES", "MISPLACED", "MOVED", "TIME", "THREAD");
            for (TaskRecord task : each.tasks()) {
                out.printf(
                        row,
                        task.task(),
                        task.core() == TaskRecord.ANY ? "any" : task.core(),
                        seen(task, "x", " "),
                        task.samples(),
                        task.misplaced(),
                        task.moves(),
                        "%.3f ms".formatted(task.nanos() / 1e6),
                        task.threadName());
            }
            out.println();
            if (each.isPinned()) {
                coreTotals(each);
                out.println();
            }
        }
        out.println(summary(result));
        if (compared != null) {
            out.println(summary(compared));
        }
    }

    private void coreTotals(RunResult result) {
        Map<Integer, long[]> totals = new TreeMap<>();
        for (TaskRecord task : result.tasks()) {
            long[] total = totals.computeIfAbsent(task.core(), core -> new long[3]);
            total[0]++;
            total[1] += task.samples();
            total[2] += task.misplaced();
        }
        out.printf("%6s  %7s  %10s  %9s%n", "CORE", "TASKS", "SAMPLES", "MISPLACED");
        totals.forEach((core, total) -> out.printf("%6d  %7d  %10d  %9d%n", core, total[0], total[1], total[2]));
    }

    private String summary(RunResult result) {
        long misplaced = result.misplaced();
        int cores = result.cores().size();
        String text = "%d samples on %d core%s, ".formatted(result.samples(), cores, cores == 1 ? "" : "s");
        text += result.isPinned() ? misplaced + " misplaced" : "tasks moved " + result.moves() + " times";
        if (result.scheduler().equals("jdk")) {
            return "the JDK's own scheduler: " + text;
        }
        return ansi.string(misplaced == 0 ? "@|green " + text + "|@" : "@|bold,red " + text + "|@");
    }

    private void json(RunResult result, @Nullable RunResult compared) throws IOException {
        try (JsonGenerator json =
                new JsonFactory().createGenerator(out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            json.writeStartObject();
            jsonResult(json, result);
            if (compared != null) {
                json.writeObjectFieldStart("compare");
                json.writeStringField("scheduler", compared.scheduler());
                jsonResult(json, compared);
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        out.println();
    }

    private static void jsonResult(JsonGenerator json, RunResult result) throws IOException {
        json.writeFieldName("cores");
        json.writeArray(result.cores().toArray(), 0, result.cores().size());
        json.writeStringField("mode", result.mode());
        json.writeArrayFieldStart("tasks");
        for (TaskRecord task : result.tasks()) {
            json.writeStartObject();
            json.writeNumberField("task", task.task());
            if (task.core() == TaskRecord.ANY) {
                json.writeNullField("core");
            } else {
                json.writeNumberField("core", task.core());
            }
            json.writeObjectFieldStart("seen");
            for (Map.Entry<Integer, Integer> entry : task.seen().entrySet()) {
                json.writeNumberField(entry.getKey().toString(), entry.getValue());
            }
            json.writeEndObject();
            json.writeNumberField("samples", task.samples());
            json.writeNumberField("misplaced", task.misplaced());
            json.writeNumberField("moved", task.moves());
            json.writeNumberField("nanos", task.nanos());
            json.writeStringField("thread", task.threadName());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("samples", result.samples());
        json.writeNumberField("misplaced", result.misplaced());
        json.writeNumberField("moved", result.moves());
    }

    /** No field can hold a comma, a quote or a line end, so that none is quoted. */
    private void csv(RunResult result, @Nullable RunResult compared) {
        out.println("scheduler,task,core,seen,samples,misplaced,moved,nanos,thread");
        for (RunResult each : results(result, compared)) {
            for (TaskRecord task : each.tasks()) {
                out.printf(
                        "%s,%d,%s,%s,%d,%d,%d,%d,%s%n",
                        each.scheduler(),
                        task.task(),
                        task.core() == TaskRecord.ANY ? "any" : task.core(),
                        seen(task, ":", " "),
                        task.samples(),
                        task.misplaced(),
                        task.moves(),
                        task.nanos(),
                        task.threadName());
            }
        }
        for (RunResult each : results(result, compared)) {
            messages.println(summary(each));
        }
        messages.flush();
    }

    private static List<RunResult> results(RunResult result, @Nullable RunResult compared) {
        return compared == null ? List.of(result) : List.of(result, compared);
    }

    private static String seen(TaskRecord task, String times, String separator) {
        StringJoiner seen = new StringJoiner(separator);
        task.seen().forEach((cpu, count) -> seen.add(cpu + times + count));
        return seen.toString();
    }
}
