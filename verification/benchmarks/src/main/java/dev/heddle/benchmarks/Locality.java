package dev.heddle.benchmarks;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
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
 * <p>{@value #CLIENTS} clients each add one to the value of a random key, again and again, and let the next one in after every
 * {@value #TURN} requests. Heddle's clients are virtual threads that live on a core and use that core's part, without locks; a key
 * of another core's part they change by a task there, for whose end they wait. The JDK's clients are virtual threads that share
 * what they change, and run where its scheduler puts them. Each side has a map of the JDK's with the same boxed keys and values of
 * their own class, and Agrona's map of longs, which is for one thread at a time: a core's own, or behind a lock. Between them
 * stand pinned threads that own a HashMap each, and whose clients are chains of callbacks.
 *
 * <p>Whose a key is, a client knows by its number: an application may have to find it first.
 *
 * <p>{@code ./heddle bench locality}
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {Flags.NATIVE_ACCESS, Flags.OPEN_HOOK, Flags.HEAP, Flags.HEAP_AT_MOST, Flags.HEAP_TOUCHED})
@State(Scope.Benchmark)
public class Locality {
    private static final int CLIENTS = 64;
    private static final int TURN = 64;

    /**
     * One request in so many is timed: coprime to {@link #TURN}, so that each place in a turn has its share, and so few that the
     * clock, which waits for the loads before it, is not what is measured.
     */
    private static final int TIMED = 127;

    /** In so many parts, each with its lock, is a map that all share: many more than clients that run at once, a power of two. */
    private static final int LOCKED_PARTS = 256;

    /** Whose map. */
    public enum Store {
        /** A HashMap on each core. */
        HEDDLE,
        /** A map of longs on each core. */
        HEDDLE_LONG_MAP,
        /** A HashMap on each of as many pinned threads, which are executors: no client may wait there. */
        PINNED_EXECUTORS,
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

    /** How long the clients go on, in milliseconds. For a fixed number of requests the slower of two CPUs would be measured. */
    @Param("2000")
    public int millis = 2_000;

    private static final long LOW_HALF = 0xffff_ffffL;
    private static final long MISSING = -1;

    private static final class Counter {
        long value;
    }

    /** Adds one to the value of a key, here and now, and returns the sum. */
    private interface Adder {
        long add(int key);
    }

    /** What one client has done and is about to do. */
    private final class Client {
        final int home;
        final SplittableRandom random;
        final Histogram nanos = new Histogram(2);
        final long end;
        long made;

        /** When the present request began, if it is timed, or 0. */
        long start;

        // Where the present request is for another core's part.
        int part;
        int key;

        Client(int number, long end) {
            home = number % cpus.length;
            random = new SplittableRandom(number);
            this.end = end;
        }

        /** Between turns. */
        boolean isDone() {
            return made % TURN == 0 && System.nanoTime() - end >= 0;
        }

        void hasMadeOne() {
            made++;
            if (start != 0) {
                nanos.recordValue(Math.max(0, System.nanoTime() - start));
            }
        }
    }

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private @Nullable CoreManager manager;
    private final List<ExecutorService> executors = new ArrayList<>();
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
     * Fills the maps. The key of number n belongs to the core n modulo their number, and is put in there. Those are exclusive: their
     * maps have no locks.
     */
    @Setup(Level.Trial)
    public void fill() throws InterruptedException {
        CpuSet all = ThreadAffinity.ofProcess();
        cpus = all.toArray();
        switch (venue) {
            case HEDDLE, HEDDLE_LONG_MAP ->
                manager = CoreManager.builder()
                        .mode(TaskMode.VIRTUAL)
                        .cores(all)
                        .exclusive(all)
                        .start();
            case PINNED_EXECUTORS -> {
                for (int cpu : cpus) {
                    executors.add(Executors.newSingleThreadExecutor(work -> pinned(cpu, work)));
                }
            }
            case JDK_VIRTUAL, JDK_VIRTUAL_ATOMIC, JDK_VIRTUAL_LOCKED_LONG_MAP -> {
                parts.add(filled(0, 1));
                return;
            }
        }
        for (int i = 0; i < cpus.length; i++) {
            int first = i;
            CountDownLatch filled = new CountDownLatch(1);
            on(first).execute(failing(filled, () -> {
                parts.add(filled(first, cpus.length));
                filled.countDown();
            }));
            filled.await();
            throwFailure();
        }
    }

    private static Thread pinned(int cpu, Runnable work) {
        return new Thread(() -> {
            ThreadAffinity.set(CpuSet.of(cpu));
            work.run();
        });
    }

    /** The executor of a part; of any number where there is but one, which all share. */
    private Executor on(int part) {
        if (manager != null) {
            return manager.on(cpus[part])::start;
        }
        return executors.isEmpty() ? Thread::startVirtualThread : executors.get(part);
    }

    private Adder filled(int first, int step) {
        return switch (venue) {
            case HEDDLE, PINNED_EXECUTORS -> boxed(new HashMap<>(), first, step);
            case HEDDLE_LONG_MAP -> longs(first, step);
            case JDK_VIRTUAL -> locking(new ConcurrentHashMap<>(), first, step);
            case JDK_VIRTUAL_ATOMIC -> atomic(new ConcurrentHashMap<>(), first, step);
            case JDK_VIRTUAL_LOCKED_LONG_MAP -> lockedLongs();
        };
    }

    private Adder boxed(Map<Integer, Counter> map, int first, int step) {
        for (int number = first; number < keys; number += step) {
            map.put(key(number), new Counter());
        }
        return key -> ++found(map.get(key)).value;
    }

    private Adder longs(int first, int step) {
        Long2LongCounterMap map = new Long2LongCounterMap(MISSING);
        for (int number = first; number < keys; number += step) {
            map.put(key(number), 0);
        }
        return key -> incrementIn(map, key);
    }

    private static long incrementIn(Long2LongCounterMap map, int key) {
        long sum = map.incrementAndGet(key);
        if (sum == MISSING + 1) {
            throw missing();
        }
        return sum;
    }

    private Adder locking(Map<Integer, Counter> map, int first, int step) {
        for (int number = first; number < keys; number += step) {
            map.put(key(number), new Counter());
        }
        return key -> found(map.computeIfPresent(key, (k, counter) -> {
                    counter.value++;
                    return counter;
                }))
                .value;
    }

    private Adder atomic(Map<Integer, AtomicLong> map, int first, int step) {
        for (int number = first; number < keys; number += step) {
            map.put(key(number), new AtomicLong());
        }
        return key -> found(map.get(key)).incrementAndGet();
    }

    private Adder lockedLongs() {
        Lock[] locks = new Lock[LOCKED_PARTS];
        Long2LongCounterMap[] maps = new Long2LongCounterMap[LOCKED_PARTS];
        for (int i = 0; i < LOCKED_PARTS; i++) {
            locks[i] = new ReentrantLock();
            maps[i] = new Long2LongCounterMap(MISSING);
        }
        for (int number = 0; number < keys; number++) {
            int key = key(number);
            maps[lockedPart(key)].put(key, 0);
        }
        return key -> {
            int part = lockedPart(key);
            locks[part].lock();
            try {
                return incrementIn(maps[part], key);
            } finally {
                locks[part].unlock();
            }
        };
    }

    private static int lockedPart(int key) {
        return key & (LOCKED_PARTS - 1);
    }

    /**
     * Scatters the numbers of the keys over all ints, each to its own (MurmurHash3's last step). To the JDK's maps an Integer is its own
     * hash, so that no two of 0, 1, 2 and so on meet in a slot of one: a map that holds whatever comes is not as lucky.
     */
    private static int key(int number) {
        int key = number;
        key = (key ^ (key >>> 16)) * 0x85eb_ca6b;
        key = (key ^ (key >>> 13)) * 0xc2b2_ae35;
        return key ^ (key >>> 16);
    }

    /** Closes the cores. */
    @TearDown(Level.Trial)
    public void close() {
        if (manager != null) {
            manager.close();
        }
        executors.forEach(ExecutorService::close);
    }

    /** Requests of all clients. */
    @Benchmark
    public void add(Latency latency, Rate rate) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(CLIENTS);
        long start = System.nanoTime();
        long end = start + TimeUnit.MILLISECONDS.toNanos(millis);
        List<Client> clients = IntStream.range(0, CLIENTS)
                .mapToObj(number -> new Client(number, end))
                .toList();
        for (Client client : clients) {
            Executor home = on(client.home);
            home.execute(failing(done, () -> {
                if (executors.isEmpty()) {
                    request(client);
                    done.countDown();
                } else {
                    request(client, home, done);
                }
            }));
        }
        done.await();
        double elapsed = (System.nanoTime() - start) / 1e9;
        throwFailure();
        Histogram nanos = new Histogram(2);
        long made = 0;
        for (Client client : clients) {
            nanos.add(client.nanos);
            made += client.made;
        }
        latency.read(nanos);
        rate.requestsPerSecond = (long) (made / elapsed);
    }

    /** A client that is a thread. */
    private void request(Client client) {
        while (!client.isDone()) {
            if (turn(client)) {
                Thread.yield();
            } else {
                addThere(client);
            }
        }
    }

    /** A client that is a chain of callbacks. */
    private void request(Client client, Executor home, CountDownLatch done) {
        if (client.isDone()) {
            done.countDown();
            return;
        }
        Runnable goOn = failing(done, () -> request(client, home, done));
        if (turn(client)) {
            home.execute(goOn);
        } else {
            executors.get(client.part).execute(failing(done, () -> {
                parts.get(client.part).add(client.key);
                home.execute(() -> {
                    client.hasMadeOne();
                    goOn.run();
                });
            }));
        }
    }

    /**
     * Makes a client's requests to the end of its turn, or up to one that is for another core's part; then it is false. A method
     * of its own, that is called often enough to be compiled as it is: clients have one loop each in all their life.
     */
    private boolean turn(Client client) {
        boolean shared = parts.size() == 1;
        Adder own = parts.get(shared ? 0 : client.home);
        int cores = cpus.length;
        int slots = keys / cores;
        do {
            long random = client.random.nextLong();
            client.start = client.made % TIMED == 0 ? System.nanoTime() : 0;
            int slot = below(slots, random >>> Integer.SIZE);
            int part = client.home;
            if (cores > 1 && below(100, random & LOW_HALF) < crossPercent) {
                part = (part + 1 + client.random.nextInt(cores - 1)) % cores;
                if (!shared) {
                    client.part = part;
                    client.key = key(slot * cores + part);
                    return false;
                }
            }
            own.add(key(slot * cores + part));
            client.hasMadeOne();
        } while (client.made % TURN != 0);
        return true;
    }

    /** Scales 32 random bits, without the division, which takes as long as a request. */
    private static int below(int bound, long bits) {
        return (int) ((bits * bound) >>> Integer.SIZE);
    }

    private void addThere(Client client) {
        try {
            Objects.requireNonNull(manager)
                    .on(cpus[client.part])
                    .submit(() -> parts.get(client.part).add(client.key))
                    .get();
            client.hasMadeOne();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Work that notes what it throws, and ends the wait for it: a client that gives up would make its side look faster. */
    private Runnable failing(CountDownLatch end, Runnable work) {
        return () -> {
            try {
                work.run();
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
                end.countDown();
            }
        };
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
