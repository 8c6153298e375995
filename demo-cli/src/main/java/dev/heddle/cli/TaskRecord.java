package dev.heddle.cli;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** What one task saw: the CPU it was on at each look. Written by its task, read when that has ended. */
final class TaskRecord {
    /** Instead of a core, for a task that may run on any. */
    static final int ANY = -1;

    private final int task;
    private final int core;
    private String threadName = "";
    private long nanos;

    // Most tasks see one CPU: pairs, searched from the front, instead of a counter for every CPU of the machine.
    private int[] cpus = new int[1];
    private int[] counts = new int[1];
    private int distinct;

    private int last = -1;
    private int moves;

    TaskRecord(int task, int core) {
        this.task = task;
        this.core = core;
    }

    void look(int cpu) {
        if (cpu != last) {
            moves += last == -1 ? 0 : 1;
            last = cpu;
        }
        int i = 0;
        while (i < distinct && cpus[i] != cpu) {
            i++;
        }
        if (i == distinct) {
            if (i == cpus.length) {
                cpus = Arrays.copyOf(cpus, 2 * i);
                counts = Arrays.copyOf(counts, 2 * i);
            }
            cpus[i] = cpu;
            distinct++;
        }
        counts[i]++;
    }

    void finish(String name, long elapsedNanos) {
        threadName = name;
        nanos = elapsedNanos;
    }

    int task() {
        return task;
    }

    /** The core that was asked for, or {@link #ANY}. */
    int core() {
        return core;
    }

    String threadName() {
        return threadName;
    }

    long nanos() {
        return nanos;
    }

    /** How often it was seen on each CPU, by CPU number. */
    Map<Integer, Integer> seen() {
        Map<Integer, Integer> seen = new TreeMap<>();
        for (int i = 0; i < distinct; i++) {
            seen.put(cpus[i], counts[i]);
        }
        return seen;
    }

    int samples() {
        return Arrays.stream(counts, 0, distinct).sum();
    }

    /** How often it was on another CPU than at the look before. */
    int moves() {
        return moves;
    }

    /** How many looks were not on the core asked for. */
    int misplaced() {
        return core == ANY ? 0 : samples() - seen().getOrDefault(core, 0);
    }
}
