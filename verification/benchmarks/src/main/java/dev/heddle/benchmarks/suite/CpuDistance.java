package dev.heddle.benchmarks.suite;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.commons.math3.stat.StatUtils;

/**
 * How far the first CPU and the last one are from each other: what a word takes from one to the other and back, in nanoseconds.
 *
 * <p>On a virtual machine that is the hypervisor's affair. It may let two CPUs run on one physical core now, on two of one cache
 * next, and on two sockets after that, and what is sent between them takes ten times as long; what the machine says of its topology stays
 * the same. So this is looked at before and after each measurement.
 *
 * @param usual what it is mostly
 */
record CpuDistance(double usual) {
    /** Neighbouring states are a factor of two and more from each other. */
    private static final double TOLERANCE = 1.5;

    /** Where fewer looks than this part of all are near the usual distance, that is not one to wait for. */
    private static final double STEADY = 0.8;

    private static final int LOOKS = 120;
    private static final int QUICK_LOOKS = 3;
    private static final int MILLIS_BETWEEN_LOOKS = 500;
    private static final int MOST_WAITS = 20;

    /** So many, of which the shortest counts: others want the CPUs, too. */
    private static final int BATCHES = 40;

    private static final int ROUND_TRIPS = 200;

    /** After that no batch begins: where others hold the CPUs a round trip takes as long as they do. */
    private static final long MOST_NANOS = 50_000_000;

    /** So often a word is waited for before it is plain that who sends it back has no CPU: some 50 us. */
    private static final int MOST_SPINS = 100_000;

    private static final int MOST_STEP_NANOS = 2_000_000;

    /** The word: odd while it is on its way there, even on its way back. */
    private static volatile int word;

    private static final int STOP = -2;

    /** Looks again and again, for a minute, or a few times if it is to be quick. */
    static double[] look(boolean quick) throws InterruptedException {
        double[] looks = new double[quick ? QUICK_LOOKS : LOOKS];
        for (int i = 0; i < looks.length; i++) {
            looks[i] = nanos();
            TimeUnit.MILLISECONDS.sleep(quick ? 1 : MILLIS_BETWEEN_LOOKS);
        }
        return looks;
    }

    /** The distance that most of the looks are near to. */
    static CpuDistance usualOf(double... looks) {
        CpuDistance usual = new CpuDistance(looks[0]);
        for (double look : looks) {
            CpuDistance other = new CpuDistance(look);
            if (other.countIn(looks) > usual.countIn(looks)) {
                usual = other;
            }
        }
        return new CpuDistance(StatUtils.geometricMean(
                Arrays.stream(looks).filter(usual::isUsual).toArray()));
    }

    /** What was seen, in words: the usual distance, how usual it is, and what follows if that is not much. */
    String describe(double... looks) {
        long near = countIn(looks);
        String seen = "%.0f ns, in %d of %d looks".formatted(usual, near, looks.length);
        return near >= STEADY * looks.length
                ? seen
                : seen
                        + ": unsteady. Much will wait for that, or be measured twice, and take several times as long, and some of it"
                        + " be at another distance all the same. What is to be quoted is better measured at another time";
    }

    private long countIn(double[] looks) {
        return Arrays.stream(looks).filter(this::isUsual).count();
    }

    /** Whether it is what it is mostly. */
    boolean isUsual(double nanos) {
        return nanos < usual * TOLERANCE && nanos > usual / TOLERANCE;
    }

    /** Waits until it is what it is mostly, for some seconds at most. Returns what it was last. */
    double awaitUsual() throws InterruptedException {
        double nanos = nanos();
        for (int i = 0; i < MOST_WAITS && !isUsual(nanos); i++) {
            TimeUnit.MILLISECONDS.sleep(MILLIS_BETWEEN_LOOKS);
            nanos = nanos();
        }
        return nanos;
    }

    /** Measures it: takes some milliseconds of both CPUs. One caller at a time. */
    static double nanos() throws InterruptedException {
        CpuSet cpus = ThreadAffinity.ofProcess();
        CompletableFuture<Double> shortest = new CompletableFuture<>();
        word = 0;
        Thread back = start(cpus.last(), shortest, () -> {
            Thread there = start(cpus.first(), shortest, () -> shortest.complete(shortestRoundTrip()));
            sendBack();
            there.join();
            return null;
        });
        back.join();
        try {
            return shortest.join();
        } catch (CompletionException e) {
            throw new IllegalStateException(
                    "the distance of CPUs " + cpus.first() + " and " + cpus.last() + " was not measured", e.getCause());
        }
    }

    /** Starts a thread on a CPU. If it fails, so does the result, and the other thread does not wait for ever. */
    private static Thread start(int cpu, CompletableFuture<Double> result, Callable<?> body) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                ThreadAffinity.set(CpuSet.of(cpu));
                body.call();
            } catch (Throwable t) {
                result.completeExceptionally(t);
            } finally {
                word = STOP;
            }
        });
    }

    private static double shortestRoundTrip() {
        double shortest = Double.MAX_VALUE;
        long begun = System.nanoTime();
        long start = begun;
        for (int batch = 0; batch < BATCHES && start - begun < MOST_NANOS; batch++) {
            send(batch * ROUND_TRIPS);
            long end = System.nanoTime();
            shortest = Math.min(shortest, (end - start) / (double) ROUND_TRIPS);
            start = end;
        }
        return shortest;
    }

    private static void send(int from) {
        for (int i = from; i < from + ROUND_TRIPS; i++) {
            word = 2 * i + 1;
            int spins = 0;
            while (word != 2 * i + 2) { // without a pause, which on some processors is longer than the way
                if (++spins == MOST_SPINS) {
                    // Others spin on both CPUs, and have each of them while these two could be on the other.
                    LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(MOST_STEP_NANOS));
                    spins = 0;
                }
            }
        }
    }

    private static void sendBack() {
        int seen;
        while ((seen = word) != STOP) {
            if ((seen & 1) == 1) {
                word = seen + 1;
            }
        }
    }
}
