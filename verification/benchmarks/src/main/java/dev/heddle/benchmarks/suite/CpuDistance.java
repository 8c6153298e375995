package dev.heddle.benchmarks.suite;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
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

    private static final int LOOKS = 60;
    private static final int MILLIS_BETWEEN_LOOKS = 150;
    private static final int MOST_WAITS = 60;

    /** So many, of which the shortest counts: others want the CPUs, too. */
    private static final int BATCHES = 40;

    private static final int ROUND_TRIPS = 200;

    /** After that no batch begins: where others hold the CPUs a round trip takes as long as they do. */
    private static final long MOST_NANOS = 50_000_000;

    /** The word: odd while it is on its way there, even on its way back. */
    private static volatile int word;

    private static final int STOP = -2;

    /**
     * Looks for some seconds what the distance is mostly.
     *
     * @return nothing if the process has one CPU
     */
    static OptionalDouble findUsual() throws InterruptedException {
        if (ThreadAffinity.ofProcess().size() < 2) {
            return OptionalDouble.empty();
        }
        double[] looks = new double[LOOKS];
        for (int i = 0; i < LOOKS; i++) {
            looks[i] = nanos();
            TimeUnit.MILLISECONDS.sleep(MILLIS_BETWEEN_LOOKS);
        }
        return OptionalDouble.of(StatUtils.percentile(looks, 50));
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
        double[] shortest = {Double.MAX_VALUE};
        word = 0;
        Thread back = start(cpus.last(), () -> {
            Thread there = start(cpus.first(), () -> shortest[0] = shortestRoundTrip());
            sendBack();
            join(there);
        });
        back.join();
        if (shortest[0] == Double.MAX_VALUE) {
            throw new IllegalStateException("the distance of the CPUs " + cpus.first() + " and " + cpus.last()
                    + " was not measured: a thread could not be pinned there, as is said above");
        }
        return shortest[0];
    }

    private static Thread start(int cpu, Runnable body) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                ThreadAffinity.set(CpuSet.of(cpu));
                body.run();
            } finally {
                word = STOP; // or the other one would wait for ever
            }
        });
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
            while (word != 2 * i + 2) {
                Thread.onSpinWait();
            }
        }
    }

    private static void sendBack() {
        int seen;
        while ((seen = word) != STOP) {
            if ((seen & 1) == 1) {
                word = seen + 1;
            } else {
                Thread.onSpinWait();
            }
        }
    }
}
