package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.benchmarks.server.HttpServer;
import dev.heddle.benchmarks.server.LoadGenerator;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What do connections on chosen cores bring to a server with blocking sockets and a virtual thread for each connection?
 *
 * <p>The server is a process of its own that may use the upper half of the CPUs, with all of its JVM's threads; what drives it has the lower half.
 * The servers differ in who runs the connections' threads, or in that there are none, and in that Heddle's keyed store has a map on each core
 * where the others have one.
 *
 * <p>{@code ./heddle bench server}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {Flags.NATIVE_ACCESS})
@State(Scope.Benchmark)
public class Server {
    private static final int CONNECTIONS = 64;
    private static final int KEYS = 10_000;

    /** For so long the server's compilers are at work under the fixed load, and some seconds more. */
    private static final int COMPILERS_SECONDS = 24;

    /** How long the server may be silent while it is filled, or take to end. */
    private static final int PATIENCE_SECONDS = 30;

    /** Who runs the connections. */
    public enum Runner {
        /** Cores, in turn. */
        HEDDLE,
        /** Cores that never park, and so ask for their sockets themselves. */
        HEDDLE_BUSY_SPIN,
        /** The JDK's scheduler. */
        JDK_VIRTUAL,
        /** Nobody: one platform thread serves all of them, at a selector. */
        SELECTOR
    }

    /** What is asked of the server. */
    public enum Request {
        /** To say the same again. */
        ECHO("/echo/hello", 1),
        /** Values of keys in no order. Under saturation nine are read for each that is written, else all are read. */
        KEYED("/keys/%d", KEYS);

        private final String path;
        private final int paths;

        Request(String path, int paths) {
            this.path = path;
            this.paths = paths;
        }
    }

    /** Who runs the connections. */
    @Param
    public Runner venue = Runner.HEDDLE;

    /** What is asked of the server. */
    @Param
    public Request request = Request.ECHO;

    /** How long it is driven. Where it is a second, the fixed load warms nothing up: that is for a quick look. */
    @Param("3")
    public int seconds = 3;

    private Process server;
    private String port = "";
    private @Nullable Path script;

    /** What only a fixed load has. */
    @State(Scope.Benchmark)
    public static class Load {
        /** Requests a second. */
        @Param("15000")
        public int perSecond = 15_000;
    }

    /** Beside the latency. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Work {
        /** Answered by the server. */
        public long requestsPerSecond;

        /** Of the server's threads, by a thousand requests. */
        public double contextSwitchesPerThousand;
    }

    /** What the other latencies leave out, for the load generator was held up itself. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Disturbance {
        /** Requests: one in a hundred is as many as a p99 can bear. */
        public long leftOut;

        /** With them, at least: an answer with all of its delay, what was not sent with what it would have waited to be sent. */
        public long p99NanosWithLeftOut;
    }

    /** Starts the server. */
    @Setup(Level.Trial)
    public void start() throws Exception {
        if (ThreadAffinity.ofProcess().size() < 2) {
            throw new IllegalStateException(
                    "the server and what drives it need a CPU each, and this process may use only "
                            + ThreadAffinity.ofProcess());
        }
        server = java(upper(), Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, HttpServer.class.getName(), venue.name());
        port = Objects.requireNonNull(server.inputReader().readLine(), "the server did not start");
        fill();
        Path lua = Files.createTempFile("heddle", ".lua");
        script = lua;
        try (InputStream in = Objects.requireNonNull(Server.class.getResourceAsStream("server/wrk.lua"))) {
            Files.write(lua, in.readAllBytes());
        }
    }

    /** Gives each key a value. */
    private void fill() throws IOException {
        try (Socket connection = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port))) {
            connection.setTcpNoDelay(true);
            connection.setSoTimeout(PATIENCE_SECONDS * 1_000);
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
            for (int key = 1; key <= KEYS; key++) {
                String value = "value of /keys/" + key;
                String request =
                        "PUT /keys/%d HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s".formatted(key, value.length(), value);
                connection.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                String status = in.readLine();
                if (status == null || !status.endsWith("200 OK")) {
                    throw new IOException("the server answered '" + status + "' to a PUT");
                }
                while (!in.readLine().isEmpty()) {
                    // the head, of an answer without a body
                }
            }
        }
    }

    /** Ends it. */
    @TearDown(Level.Trial)
    public void stop() throws IOException, InterruptedException {
        if (script != null) {
            Files.delete(script);
        }
        server.getOutputStream().close();
        if (!server.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            server.destroyForcibly();
            throw new IOException("the server did not end within " + PATIENCE_SECONDS + " s");
        }
    }

    /**
     * As much as wrk can get from it, over {@value #CONNECTIONS} connections: each sends the next request when it has its answer, so that
     * latencies are those of a closed loop.
     */
    @Benchmark
    public void saturated(Latency latency, Work work) throws Exception {
        long switches = contextSwitches();
        Map<String, Double> measured = run(on(
                lower(),
                "wrk",
                "-t",
                "1",
                "-c",
                String.valueOf(CONNECTIONS),
                "-d",
                seconds + "s",
                "-s",
                String.valueOf(script),
                "http://127.0.0.1:" + port + request.path.formatted(1),
                "--",
                request.name(),
                String.valueOf(KEYS)));
        read(measured, 0, switches, latency, work);
    }

    /** A load that both can bear, whose requests are timed from when they were due. The generator warms the server up, but for a quick look. */
    @Benchmark
    @Warmup(iterations = 0)
    public void fixedLoad(Load load, Latency latency, Work work, Disturbance disturbance) throws Exception {
        long switches = contextSwitches();
        Map<String, Double> measured = run(java(
                lower(),
                "-XX:TieredStopAtLevel=1", // or its own compiler takes the CPU from it when it should send
                "-XX:+UseSerialGC",
                LoadGenerator.class.getName(),
                port,
                request.path,
                String.valueOf(request.paths),
                String.valueOf(CONNECTIONS),
                String.valueOf(load.perSecond),
                String.valueOf(warmUpSeconds()),
                String.valueOf(seconds)));
        read(measured, (long) warmUpSeconds() * load.perSecond, switches, latency, work);
        disturbance.leftOut = count(measured, "leftOut");
        disturbance.p99NanosWithLeftOut = count(measured, "p99NanosWithLeftOut");
        latency.counted = (long) seconds * load.perSecond - disturbance.leftOut;
    }

    /** How long the load generator drives the server before it counts: not at all for a quick look, which takes a second (see {@code Rounds}). */
    private int warmUpSeconds() {
        return seconds > 1 ? COMPILERS_SECONDS : 0;
    }

    private void read(Map<String, Double> measured, long uncounted, long switchesBefore, Latency latency, Work work)
            throws IOException {
        long answers = count(measured, "answers");
        latency.counted = answers;
        latency.p50Nanos = count(measured, "p50Nanos");
        latency.p99Nanos = count(measured, "p99Nanos");
        latency.p999Nanos = count(measured, "p999Nanos");
        work.requestsPerSecond = (long) (answers / number(measured, "seconds"));
        work.contextSwitchesPerThousand = 1_000.0 * (contextSwitches() - switchesBefore) / (answers + uncounted);
    }

    private static long count(Map<String, Double> measured, String name) throws IOException {
        return (long) number(measured, name);
    }

    private static double number(Map<String, Double> measured, String name) throws IOException {
        Double value = measured.get(name);
        if (value == null) {
            throw new IOException("what drives the server did not say '" + name + "', but " + measured);
        }
        return value;
    }

    /** Returns what the process's last line has: {@code name=value}, and more of these. */
    private static Map<String, Double> run(Process process) throws IOException, InterruptedException {
        String last = "";
        try (BufferedReader out = process.inputReader()) {
            String line;
            while ((line = out.readLine()) != null) {
                last = line;
            }
        }
        if (process.waitFor() != 0) {
            throw new IOException("what drives the server ended with " + process.exitValue() + ": " + last);
        }
        Map<String, Double> measured = new HashMap<>();
        Matcher each = Pattern.compile("(\\w+)=(\\S+)").matcher(last);
        while (each.find()) {
            measured.put(each.group(1), Double.valueOf(each.group(2)));
        }
        return measured;
    }

    private static CpuSet lower() {
        int[] all = ThreadAffinity.ofProcess().toArray();
        return CpuSet.of(Arrays.copyOf(all, Math.max(1, all.length / 2)));
    }

    private static CpuSet upper() {
        int[] all = ThreadAffinity.ofProcess().toArray();
        return CpuSet.of(Arrays.copyOfRange(all, all.length / 2, all.length));
    }

    private static Process java(CpuSet cpus, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(arguments));
        return on(cpus, command.toArray(String[]::new));
    }

    /** A process inherits the mask of the thread that starts it. */
    private static Process on(CpuSet cpus, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        return ThreadAffinity.callWith(cpus, builder::start);
    }

    /** Of all of the server's threads that live. */
    private long contextSwitches() throws IOException {
        long sum = 0;
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc", String.valueOf(server.pid()), "task"))) {
            for (Path thread : threads) {
                try {
                    sum += Files.readAllLines(thread.resolve("status"), StandardCharsets.ISO_8859_1).stream()
                            .filter(line -> line.contains("ctxt_switches:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                            .sum();
                } catch (NoSuchFileException ended) {
                    // between the listing and the look
                }
            }
        }
        return sum;
    }
}
