package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;
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
 * What does it bring to keep a map's parts on cores of their own, where nobody else touches them?
 *
 * <p>{@value #CLIENTS} clients, virtual threads, each add one to the value of a random key, again and again. Heddle's clients live on
 * a core and use that core's part, a plain HashMap without locks; a key of another core's part they change by a task
 * there, for whose end they wait. The JDK's clients share a ConcurrentHashMap, and run where its scheduler puts them. Both
 * maps hold the same boxed keys and values of their own class; both clients yield after every {@value #TURN} requests.
 *
 * <p>{@code ./heddle bench locality}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, "-Xms3g", "-Xmx3g"})
@State(Scope.Benchmark)
public class Locality {
    private static final int CLIENTS = 64;
    private static final int TURN = 64;

    /** Every so manieth request is timed: coprime to {@link #TURN}, so that each place in a turn has its share. */
    private static final int TIMED = 17;

    /** Whose map. */
    public enum Store {
        /** A HashMap on each core. */
        HEDDLE,
        /** A ConcurrentHashMap on the JDK's scheduler, which holds the key's lock during a change. */
        JDK_VIRTUAL,
        /** The same map, with values that are atomic: it is read only. */
        JDK_VIRTUAL_ATOMIC
    }

    /** Whose map. */
    @Param
    public Store venue = Store.HEDDLE;

    /** How many keys: about 100 bytes each. An L2 cache has room for some 10,000. */
    @Param({"2000", "50000", "1000000"})
    public int keys = 2_000;

    /** How many of a hundred requests are for a key of another core. For the JDK's map all are alike. */
    @Param({"0", "1", "10"})
    public int crossPercent = 0;

    /** How many requests in all. */
    @Param("16000000")
    public int requests = 16_000_000;

    private static final class Counter {
        long value;
    }

    private @Nullable CoreManager manager;
    private int[] cpus = {};
    private final List<Map<Integer, Counter>> parts = new ArrayList<>();
    private final Map<Integer, Counter> shared = new ConcurrentHashMap<>();
    private final Map<Integer, AtomicLong> sharedAtomic = new ConcurrentHashMap<>();

    /** Beside the latency. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Rate {
        /** By all clients together. */
        public long requestsPerSecond;
    }

    /** Fills the maps. Key k belongs to the core k modulo their number. */
    @Setup(Level.Trial)
    public void fill() throws InterruptedException {
        CpuSet all = ThreadAffinity.ofProcess();
        cpus = all.toArray();
        for (int key = 0; key < keys && venue != Store.HEDDLE; key++) {
            if (venue == Store.JDK_VIRTUAL) {
                shared.put(key, new Counter());
            } else {
                sharedAtomic.put(key, new AtomicLong());
            }
        }
        if (venue != Store.HEDDLE) {
            return;
        }
        CoreManager cores =
                CoreManager.builder().mode(TaskMode.VIRTUAL).cores(all).start();
        manager = cores;
        for (int i = 0; i < cpus.length; i++) {
            Map<Integer, Counter> part = new HashMap<>();
            parts.add(part);
            int first = i;
            cores.on(cpus[i])
                    .start(() -> {
                        for (int key = first; key < keys; key += cpus.length) {
                            part.put(key, new Counter());
                        }
                    })
                    .join();
        }
    }

    /** Closes the cores. */
    @TearDown(Level.Trial)
    public void close() {
        if (manager != null) {
            manager.close();
        }
    }

    /** All requests of all clients. */
    @Benchmark
    public void add(Latency latency, Rate rate) throws InterruptedException {
        Histogram[] nanos = new Histogram[CLIENTS];
        List<Thread> clients = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < CLIENTS; i++) {
            Histogram mine = new Histogram(2);
            nanos[i] = mine;
            int home = i % cpus.length;
            SplittableRandom random = new SplittableRandom(i);
            Runnable client = () -> request(home, random, mine);
            clients.add(
                    manager == null
                            ? Thread.startVirtualThread(client)
                            : manager.on(cpus[home]).start(client));
        }
        for (Thread client : clients) {
            client.join();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        Histogram all = new Histogram(2);
        for (Histogram each : nanos) {
            all.add(each);
        }
        latency.read(all);
        rate.requestsPerSecond = (long) (requests / CLIENTS * CLIENTS / seconds);
    }

    private void request(int home, SplittableRandom random, Histogram nanos) {
        int slots = keys / cpus.length;
        for (int i = 0; i < requests / CLIENTS; i++) {
            boolean cross = cpus.length > 1 && random.nextInt(100) < crossPercent;
            int part = cross ? (home + 1 + random.nextInt(cpus.length - 1)) % cpus.length : home;
            int key = random.nextInt(slots) * cpus.length + part;
            long start = i % TIMED == 0 ? System.nanoTime() : 0;
            if (manager == null) {
                addOneShared(key);
            } else if (part == home) {
                addOne(part, key);
            } else {
                addOneThere(manager, part, key);
            }
            if (start != 0) {
                nanos.recordValue(Math.max(0, System.nanoTime() - start));
            }
            if (i % TURN == 0) {
                Thread.yield();
            }
        }
    }

    private long addOne(int part, int key) {
        return ++found(parts.get(part).get(key)).value;
    }

    private void addOneShared(int key) {
        if (venue == Store.JDK_VIRTUAL_ATOMIC) {
            found(sharedAtomic.get(key)).getAndIncrement();
        } else {
            found(shared.computeIfPresent(key, (k, counter) -> {
                counter.value++;
                return counter;
            }));
        }
    }

    private static <V> V found(@Nullable V value) {
        if (value == null) {
            throw new IllegalStateException("a key has no value");
        }
        return value;
    }

    private void addOneThere(CoreManager cores, int part, int key) {
        try {
            cores.on(cpus[part]).submit(() -> addOne(part, key)).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
