package dev.heddle.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.options.TimeValue;

/** The run that is quoted: complete, and quoted as it is. */
class CommittedRunTest {
    private static final Path ROOT = Path.of("../..");
    private static final Path FOLDER = ROOT.resolve("docs/benchmarks");

    @Test
    void hasMeasuredAllThatIsPromisedOftenEnough() throws IOException {
        RawRun run = RawRun.read(FOLDER);

        assertTrue(run.rounds() >= 3, "rounds: " + run.rounds());
        assertFalse(run.machine().path("quick").booleanValue());
        for (Target target : Target.all()) {
            assertTrue(target.measured().in(run).isKnown(), target.title());
            Comparison floor = target.floor();
            assertTrue(floor == null || floor.in(run).isKnown(), () -> "the floor of: " + target.title());
        }
        Set<Integer> rounds = IntStream.rangeClosed(1, run.rounds()).boxed().collect(Collectors.toSet());
        for (Question question : run.questions()) {
            for (String venue : run.venues(question)) {
                assertEquals(rounds, run.numbers(question, venue).keySet(), () -> question + " " + venue);
            }
        }
        for (Group group : Group.values()) {
            assertTrue(run.questions().stream().anyMatch(question -> group.has(question.benchmark())), group::toString);
        }
    }

    /** A benchmark, a venue or a parameter that was changed after the run calls for another run. */
    @Test
    void hasMeasuredWhatTheBenchmarksAskToday() throws IOException, ClassNotFoundException {
        RawRun run = RawRun.read(FOLDER);
        Map<String, Set<String>> measured = new TreeMap<>();
        for (Question question : run.questions()) {
            String type = question.benchmark().split("\\.", -1)[0];
            Set<String> venues = measured.computeIfAbsent(type + ".venue", v -> new TreeSet<>());
            run.venues(question).stream()
                    .filter(venue -> !venue.startsWith("GO"))
                    .forEach(venues::add);
            question.parameters()
                    .forEach((name, value) -> measured.computeIfAbsent(type + "." + name, v -> new TreeSet<>())
                            .add(value));
            measured.computeIfAbsent(type, t -> new TreeSet<>()).add(question.benchmark());
        }
        for (Class<?> type : types(run)) {
            for (Field field : type.getFields()) {
                Param parameter = field.getAnnotation(Param.class);
                if (parameter != null) {
                    String name = type.getSimpleName() + "." + field.getName();
                    assertEquals(values(field, parameter), measured.get(name), name);
                }
            }
            for (Method method : type.getMethods()) {
                String name = type.getSimpleName() + "." + method.getName();
                assertTrue(
                        method.getAnnotation(Benchmark.class) == null
                                || found(measured, type.getSimpleName()).contains(name)
                                || found(measured, type.getSimpleName() + ".venue")
                                        .contains(method.getName()),
                        name);
            }
        }
    }

    /** Flags or a warm-up that were changed after the run call for another run. */
    @Test
    void hasMeasuredAsTheBenchmarksAskToday() throws ReflectiveOperationException, IOException {
        int compared = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(FOLDER.resolve("raw"), "*-jmh.json")) {
            for (Path file : files) {
                for (JsonNode result : new ObjectMapper().readTree(file.toFile())) {
                    String name = result.get("benchmark").textValue();
                    int dot = name.lastIndexOf('.');
                    Class<?> type = Class.forName(name.substring(0, dot));
                    Method method = Stream.of(type.getMethods())
                            .filter(each -> each.getName().equals(name.substring(dot + 1)))
                            .findAny()
                            .orElseThrow();
                    Warmup warmup = annotation(method, Warmup.class);
                    Measurement measurement = annotation(method, Measurement.class);
                    assertEquals(
                            warmup.iterations(), result.get("warmupIterations").intValue(), name);
                    assertEquals(
                            measurement.iterations(),
                            result.get("measurementIterations").intValue(),
                            name);
                    if (!result.get("mode").textValue().equals("ss")) {
                        assertEquals(
                                time(warmup.time(), warmup.timeUnit()),
                                result.get("warmupTime").textValue(),
                                name);
                        assertEquals(
                                time(measurement.time(), measurement.timeUnit()),
                                result.get("measurementTime").textValue(),
                                name);
                    }
                    List<String> flags = result.get("jvmArgs")
                            .valueStream()
                            .map(JsonNode::textValue)
                            .toList();
                    List<String> asked = List.of(annotation(method, Fork.class).jvmArgsAppend());
                    int from = flags.size() - asked.size();
                    assertEquals(asked, flags.subList(from, flags.size()), name);
                    compared++;
                }
            }
        }
        assertTrue(compared > 0);
    }

    private static String time(int time, TimeUnit unit) {
        return new TimeValue(time, unit).toString();
    }

    /** That of the method, or else of its class, as JMH takes it. */
    private static <A extends Annotation> A annotation(Method method, Class<A> type) {
        A own = method.getAnnotation(type);
        return Objects.requireNonNull(
                own != null ? own : method.getDeclaringClass().getAnnotation(type));
    }

    private static Set<String> found(Map<String, Set<String>> measured, String name) {
        return measured.getOrDefault(name, Set.of());
    }

    private static Set<Class<?>> types(RawRun run) throws ClassNotFoundException {
        Set<Class<?>> types = new LinkedHashSet<>();
        for (Question question : run.questions()) {
            types.add(Class.forName(
                    "dev.heddle.benchmarks." + question.benchmark().split("\\.", -1)[0]));
        }
        return types;
    }

    /** What JMH takes: the values of the annotation, or all constants of an enum that has none. */
    private static Set<String> values(Field field, Param parameter) {
        boolean areGiven = !List.of(parameter.value()).contains(Param.BLANK_ARGS);
        return new TreeSet<>(
                areGiven
                        ? List.of(parameter.value())
                        : Stream.of(field.getType().getEnumConstants())
                                .map(String::valueOf)
                                .toList());
    }

    @Test
    void isQuotedAsItIs() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));

        List<String> rows = MarkdownReport.of(RawRun.read(FOLDER))
                .lines()
                .dropWhile(line -> !line.startsWith("| measured |"))
                .takeWhile(line -> !line.isEmpty())
                .toList();

        assertEquals(Target.all().size() + 3, rows.size()); // two for the head, one for what was misplaced
        String table = String.join("\n", rows) + "\n\n";
        assertTrue(readme.contains(table), () -> "README does not say:\n" + table);
    }

    @Test
    void saysNothingOfTheMachinesFolders() throws IOException {
        Pattern folder = Pattern.compile("[\"= ]/[a-z]+/");
        try (Stream<Path> files = Files.walk(FOLDER)) {
            for (Path file :
                    files.filter(file -> file.toString().endsWith(".json")).toList()) {
                assertFalse(folder.matcher(Files.readString(file)).find(), file::toString);
            }
        }
    }
}
