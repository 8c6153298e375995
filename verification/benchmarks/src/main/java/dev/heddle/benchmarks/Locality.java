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
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.HdrHistogram.Histogram;
import org.agrona.collections.Long2LongCounterMap;
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
 * <p>{@value #CLIENTS} clients, virtual threads, each add one to the value of a random key, again and again, and yield after every
 * {@value #TURN} requests. Heddle's clients live on a core and use that core's part, without locks; a key of another core's part
 * they change by a task there, for whose end they wait. The JDK's clients share what they change, and run where its scheduler puts
 * them. Each side has a map of the JDK's with the same boxed keys and values of their own class, and Agrona's map of longs,
 * which is for one thread at a time: a core's own, or behind a lock.
 *
 * <p>{@code ./heddle bench locality}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 1)
@Fork(
        value = 3,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, "-Xms3g", "-Xmx3g"})
@State(Scope.Benchmark)
public class Locality {
    private static final int CLIENTS = 64;
    private static final int TURN = 64;

    /** One request in so many is timed: coprime to {@link #TURN}, so that each place in a turn has its share. */
    private static final int TIMED = 17;

    /** In so many parts, each with its lock, is a map that all share: many more than clients that run at once. */
    private static final int LOCKED_PARTS = 256;

    /** Whose map. */
    public enum Store {
        /** A HashMap on each core. */
        HEDDLE,
        /** A map of longs on each core. */
        HEDDLE_LONG_MAP,
        /** A ConcurrentHashMap on the JDK's scheduler, which holds the bin's lock during a change. */
        JDK_VIRTUAL,
        /** The same map, with values that are atomic: it is read only. */
        JDK_VIRTUAL_ATOMIC,
        /** Maps of longs on the JDK's scheduler, {@value #LOCKED_PARTS} of them, each behind its lock. */
        JDK_VIRTUAL_LOCKED_LONG_MAP
    }

    /** Whose map. */
    @Param
    public Store venue = Store.HEDDLE;

    /** How many keys: about 100 bytes each where they are boxed, 32 in a map of longs. An L2 cache has room for some 10,000. */
    @Param({"2000", "50000", "1000000"})
    public int keys = 2_000;

    /** How many of a hundred requests are for a key of another core. For the JDK's map all are alike. */
    @Param({"0", "1", "10"})
    public int crossPercent = 0;

    /** How many requests in all. */
    @Param("16000000")
    public int requests = 16_000_000;

    private static final long MISSING = -1;

    private static final class Counter {
        long value;
    }

    /** Adds one to the value of a key, here and now, and returns the sum. */
    private interface Adder {
        long add(int key);
    }

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private @Nullable CoreManager manager;
    private int[] cpus = {};

    /** The parts, in the order of the cores; one, of all keys, where all share it. */
    private final List<Adder> parts = new ArrayList<>();

    /** Beside the latency. */
    @AuxCounters(AuxCounters.Type.EVENTS)
    @State(Scope.Thread)
    public static class Rate {
        /** By all clients together. */
        public long requestsPerSecond;
    }

    /**
     * Fills the maps. Key k belongs to the core k modulo their number, and is put in there. Those are exclusive: their maps have no
     * locks.
     */
    @Setup(Level.Trial)
    public void fill() throws InterruptedException {
        CpuSet all = ThreadAffinity.ofProcess();
        cpus = all.toArray();
        if (venue != Store.HEDDLE && venue != Store.HEDDLE_LONG_MAP) {
            parts.add(filled(0, 1));
            return;
        }
        CoreManager cores = CoreManager.builder()
                .mode(TaskMode.VIRTUAL)
                .cores(all)
                .exclusive(all)
                .start();
        manager = cores;
        for (int i = 0; i < cpus.length; i++) {
            int first = i;
            Thread filling = cores.on(cpus[i]).start(() -> failing(() -> parts.add(filled(first, cpus.length))));
            filling.join();
            throwFailure();
        }
    }

    private Adder filled(int first, int step) {
        return switch (venue) {
            case HEDDLE -> boxed(new HashMap<>(), first, step);
            case HEDDLE_LONG_MAP -> longs(first, step);
            case JDK_VIRTUAL -> locking(new ConcurrentHashMap<>(), first, step);
            case JDK_VIRTUAL_ATOMIC -> atomic(new ConcurrentHashMap<>(), first, step);
            case JDK_VIRTUAL_LOCKED_LONG_MAP -> lockedLongs();
        };
    }

    private Adder boxed(Map<Integer, Counter> map, int first, int step) {
        for (int key = first; key < keys; key += step) {
            map.put(key, new Counter());
        }
        return key -> ++found(map.get(key)).value;
    }

    private Adder longs(int first, int step) {
        Long2LongCounterMap map = new Long2LongCounterMap(MISSING);
        for (int key = first; key < keys; key += step) {
            map.put(key, 0);
        }
        return key -> {
            long sum = map.incrementAndGet(key);
            if (sum == MISSING + 1) {
                throw missing();
            }
            return sum;
        };
    }

    private Adder locking(Map<Integer, Counter> map, int first, int step) {
        for (int key = first; key < keys; key += step) {
            map.put(key, new Counter());
        }
        return key -> found(map.computeIfPresent(key, (k, counter) -> {
                    counter.value++;
                    return counter;
                }))
                .value;
    }

    private Adder atomic(Map<Integer, AtomicLong> map, int first, int step) {
        for (int key = first; key < keys; key += step) {
            map.put(key, new AtomicLong());
        }
        return key -> found(map.get(key)).incrementAndGet();
    }

    private Adder lockedLongs() {
        Lock[] locks = new Lock[LOCKED_PARTS];
        Adder[] maps = new Adder[LOCKED_PARTS];
        for (int i = 0; i < LOCKED_PARTS; i++) {
            locks[i] = new ReentrantLock();
            maps[i] = longs(i, LOCKED_PARTS);
        }
        return key -> {
            int part = key % LOCKED_PARTS;
            locks[part].lock();
            try {
                return maps[part].add(key);
            } finally {
                locks[part].unlock();
            }
        };
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
            Runnable client = () -> failing(() -> request(home, random, mine));
            clients.add(
                    manager == null
                            ? Thread.startVirtualThread(client)
                            : manager.on(cpus[home]).start(client));
        }
        for (Thread client : clients) {
            client.join();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        throwFailure();
        Histogram all = new Histogram(2);
        for (Histogram each : nanos) {
            all.add(each);
        }
        latency.read(all);
        rate.requestsPerSecond = (long) (requests / CLIENTS * CLIENTS / seconds);
    }

    private void request(int home, SplittableRandom random, Histogram nanos) {
        int mine = requests / CLIENTS;
        for (int first = 0; first < mine; first += TURN) {
            turn(first, Math.min(first + TURN, mine), home, random, nanos);
            Thread.yield();
        }
    }

    /** A method of its own, that is called often enough to be compiled as it is: clients have one loop each in all their life. */
    private void turn(int first, int end, int home, SplittableRandom random, Histogram nanos) {
        int slots = keys / cpus.length;
        for (int i = first; i < end; i++) {
            boolean cross = cpus.length > 1 && random.nextInt(100) < crossPercent;
            int part = cross ? (home + 1 + random.nextInt(cpus.length - 1)) % cpus.length : home;
            int key = random.nextInt(slots) * cpus.length + part;
            long start = i % TIMED == 0 ? System.nanoTime() : 0;
            if (manager == null) {
                parts.get(0).add(key);
            } else if (part == home) {
                parts.get(home).add(key);
            } else {
                addThere(manager, part, key);
            }
            if (start != 0) {
                nanos.recordValue(Math.max(0, System.nanoTime() - start));
            }
        }
    }

    private void addThere(CoreManager cores, int part, int key) {
        try {
            cores.on(cpus[part]).submit(() -> parts.get(part).add(key)).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Notes what is thrown: a client that gives up would make its side look faster. */
    private void failing(Runnable work) {
        try {
            work.run();
        } catch (Throwable thrown) {
            failure.compareAndSet(null, thrown);
        }
    }

    private void throwFailure() {
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new IllegalStateException("not all requests were made", thrown);
        }
    }

    private static <V> V found(@Nullable V value) {
        if (value == null) {
            throw missing();
        }
        return value;
    }

    private static IllegalStateException missing() {
        return new IllegalStateException("a key has no value");
    }
}
