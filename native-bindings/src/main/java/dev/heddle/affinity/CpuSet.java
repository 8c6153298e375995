package dev.heddle.affinity;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.NoSuchElementException;
import java.util.PrimitiveIterator;
import java.util.stream.IntStream;

/**
 * An immutable set of CPU numbers, from 0 to {@value #MAX_CPU}.
 *
 * <p>Its text is the kernel's list format, as in {@code /sys/devices/system/cpu/online} and {@code taskset -c}:
 * {@code 0-3,8,10-14}. Instances are values: equal by content, safe to share between threads.
 */
public final class CpuSet implements Iterable<Integer> {
    /** The highest CPU number that a set can hold. Linux itself is built for at most 8192 CPUs. */
    public static final int MAX_CPU = 65_535;

    private static final CpuSet EMPTY = new CpuSet(new long[0]);

    /** Bit {@code c & 63} of word {@code c >> 6} stands for CPU {@code c}. No zero word at the end. Never written. */
    private final long[] words;

    private CpuSet(long[] words) {
        this.words = words;
    }

    /** Takes ownership of {@code words} and cuts the zero words at their end. */
    private static CpuSet ofOwned(long[] words) {
        int length = words.length;
        while (length > 0 && words[length - 1] == 0) {
            length--;
        }
        if (length == 0) {
            return EMPTY;
        }
        return new CpuSet(length == words.length ? words : Arrays.copyOf(words, length));
    }

    /**
     * Returns the set without any CPU.
     *
     * @return the empty set
     */
    public static CpuSet empty() {
        return EMPTY;
    }

    /**
     * Returns the set of the given CPUs.
     *
     * @param cpus CPU numbers, in any order, repeated or not
     * @return their set
     * @throws IllegalArgumentException if a number is below 0 or above {@link #MAX_CPU}
     */
    public static CpuSet of(int... cpus) {
        BitSet bits = new BitSet();
        for (int cpu : cpus) {
            bits.set(checkCpu(cpu));
        }
        return copyOf(bits);
    }

    /**
     * Returns the set of the given CPUs.
     *
     * @param cpus CPU numbers
     * @return their set
     * @throws IllegalArgumentException if a number is below 0 or above {@link #MAX_CPU}
     */
    public static CpuSet of(Collection<Integer> cpus) {
        return of(cpus.stream().mapToInt(Integer::intValue).toArray());
    }

    /**
     * Returns the set of all CPUs from {@code first} to {@code last}, both included.
     *
     * @param first lowest CPU number
     * @param last highest CPU number
     * @return the set
     * @throws IllegalArgumentException if a number is out of range, or {@code last} is below {@code first}
     */
    public static CpuSet range(int first, int last) {
        checkCpu(first);
        checkCpu(last);
        if (last < first) {
            throw new IllegalArgumentException("the CPU range " + first + "-" + last + " runs backwards");
        }
        BitSet bits = new BitSet();
        bits.set(first, last + 1);
        return copyOf(bits);
    }

    /**
     * Returns the set of the CPUs whose bits are set.
     *
     * @param bits bit {@code c} stands for CPU {@code c}; copied
     * @return the set
     * @throws IllegalArgumentException if a bit above {@link #MAX_CPU} is set
     */
    public static CpuSet copyOf(BitSet bits) {
        if (bits.length() > MAX_CPU + 1) {
            checkCpu(bits.length() - 1);
        }
        return ofOwned(bits.toLongArray());
    }

    /**
     * Returns the set that a kernel mask holds.
     *
     * @param words bit {@code c & 63} of word {@code c >> 6} stands for CPU {@code c}; copied
     * @return the set
     * @throws IllegalArgumentException if a bit above {@link #MAX_CPU} is set
     */
    public static CpuSet copyOf(long[] words) {
        CpuSet set = ofOwned(words.clone());
        if (set.words.length > MAX_CPU / Long.SIZE + 1) {
            checkCpu(set.last());
        }
        return set;
    }

    /**
     * Reads a CPU list, {@code 0-3,8,10-14}, with strides, {@code 0-31:2}, or, after {@code 0x}, a hexadecimal mask,
     * {@code 0x3,00000000}.
     *
     * <p>Blanks around the whole text are passed over, and a text of blanks only is the empty set, as in the kernel's
     * files. A mask without {@code 0x} is read by {@link #parseMask(String)} alone: {@code 10} would mean two things.
     *
     * @param text the list
     * @return the set
     * @throws IllegalArgumentException if the text is malformed, with the position in the message
     */
    public static CpuSet parse(String text) {
        return new CpuSetParser(text).parse();
    }

    /**
     * Reads a hexadecimal mask, with or without {@code 0x}, whole or in comma-separated groups of 32 bits, as in
     * {@code Cpus_allowed} of {@code /proc/self/status}: {@code ff}, {@code 3,00000000}.
     *
     * @param text the mask
     * @return the set
     * @throws IllegalArgumentException if the text is malformed, with the position in the message
     */
    public static CpuSet parseMask(String text) {
        return new CpuSetParser(text).parseMask();
    }

    /**
     * Tells whether a CPU is in this set.
     *
     * @param cpu any number; those out of range are in no set
     * @return whether it is
     */
    public boolean contains(int cpu) {
        int word = cpu >> 6;
        return cpu >= 0 && word < words.length && (words[word] & (1L << cpu)) != 0;
    }

    /**
     * Tells whether every CPU of the other set is in this one.
     *
     * @param other the other set
     * @return whether it is
     */
    public boolean containsAll(CpuSet other) {
        return other.minus(this).isEmpty();
    }

    /**
     * Tells whether the two sets share a CPU.
     *
     * @param other the other set
     * @return whether they do
     */
    public boolean intersects(CpuSet other) {
        return !intersection(other).isEmpty();
    }

    /**
     * Returns how many CPUs this set has.
     *
     * @return their number
     */
    public int size() {
        int size = 0;
        for (long word : words) {
            size += Long.bitCount(word);
        }
        return size;
    }

    /**
     * Tells whether this set has no CPU.
     *
     * @return whether it is empty
     */
    public boolean isEmpty() {
        return words.length == 0;
    }

    /**
     * Returns the lowest CPU number of this set.
     *
     * @return the lowest
     * @throws NoSuchElementException if the set is empty
     */
    public int first() {
        if (isEmpty()) {
            throw new NoSuchElementException("the CPU set is empty");
        }
        return nextCpu(0);
    }

    /**
     * Returns the highest CPU number of this set.
     *
     * @return the highest
     * @throws NoSuchElementException if the set is empty
     */
    public int last() {
        if (isEmpty()) {
            throw new NoSuchElementException("the CPU set is empty");
        }
        return (words.length << 6) - 1 - Long.numberOfLeadingZeros(words[words.length - 1]);
    }

    /**
     * Returns the CPUs that are in either set.
     *
     * @param other the other set
     * @return the union
     */
    public CpuSet union(CpuSet other) {
        boolean longer = words.length >= other.words.length;
        long[] result = (longer ? words : other.words).clone();
        long[] shorter = longer ? other.words : words;
        for (int i = 0; i < shorter.length; i++) {
            result[i] |= shorter[i];
        }
        return ofOwned(result);
    }

    /**
     * Returns the CPUs that are in both sets.
     *
     * @param other the other set
     * @return the intersection
     */
    public CpuSet intersection(CpuSet other) {
        long[] result = Arrays.copyOf(words, Math.min(words.length, other.words.length));
        for (int i = 0; i < result.length; i++) {
            result[i] &= other.words[i];
        }
        return ofOwned(result);
    }

    /**
     * Returns the CPUs of this set that are not in the other.
     *
     * @param other the other set
     * @return the difference
     */
    public CpuSet minus(CpuSet other) {
        long[] result = words.clone();
        for (int i = 0; i < Math.min(result.length, other.words.length); i++) {
            result[i] &= ~other.words[i];
        }
        return ofOwned(result);
    }

    /**
     * Returns the CPU numbers, lowest first.
     *
     * @return a stream of them
     */
    public IntStream stream() {
        return BitSet.valueOf(words).stream();
    }

    /**
     * Returns the CPU numbers, lowest first.
     *
     * @return a new array of them
     */
    public int[] toArray() {
        return stream().toArray();
    }

    /**
     * Returns the kernel mask: bit {@code c & 63} of word {@code c >> 6} stands for CPU {@code c}.
     *
     * @return a new array, without zero words at its end
     */
    public long[] toLongArray() {
        return words.clone();
    }

    /** Iterates over the CPU numbers, lowest first. */
    @Override
    public PrimitiveIterator.OfInt iterator() {
        return new PrimitiveIterator.OfInt() {
            private int next = nextCpu(0);

            @Override
            public boolean hasNext() {
                return next >= 0;
            }

            @Override
            public int nextInt() {
                if (next < 0) {
                    throw new NoSuchElementException();
                }
                int cpu = next;
                next = nextCpu(cpu + 1);
                return cpu;
            }
        };
    }

    /** The lowest CPU from {@code from} on, or -1. */
    private int nextCpu(int from) {
        int index = from >> 6;
        if (index >= words.length) {
            return -1;
        }
        long word = words[index] & (-1L << from);
        while (word == 0) {
            if (++index == words.length) {
                return -1;
            }
            word = words[index];
        }
        return (index << 6) + Long.numberOfTrailingZeros(word);
    }

    /**
     * Returns the mask in the kernel's hexadecimal form, in groups of 32 bits: {@code ff}, {@code 3,00000000}.
     * {@link #parseMask(String)} reads it back.
     *
     * @return the mask; {@code 0} for the empty set
     */
    public String toMask() {
        StringBuilder text = new StringBuilder();
        for (int i = words.length - 1; i >= 0; i--) {
            appendGroup(text, (int) (words[i] >>> 32));
            appendGroup(text, (int) words[i]);
        }
        return text.isEmpty() ? "0" : text.toString();
    }

    private static void appendGroup(StringBuilder text, int bits) {
        if (!text.isEmpty()) {
            text.append(',').append(String.format("%08x", bits));
        } else if (bits != 0) {
            text.append(Integer.toHexString(bits));
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpuSet that && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    /** Returns the list form, {@code 0-3,8,10-14}, that {@link #parse(String)} reads; empty for the empty set. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        int cpu = nextCpu(0);
        while (cpu >= 0) {
            int last = cpu;
            while (contains(last + 1)) {
                last++;
            }
            text.append(text.isEmpty() ? "" : ",").append(cpu);
            if (last > cpu) {
                text.append('-').append(last);
            }
            cpu = nextCpu(last + 1);
        }
        return text.toString();
    }

    private static int checkCpu(int cpu) {
        if (cpu < 0 || cpu > MAX_CPU) {
            throw new IllegalArgumentException("CPU " + cpu + " is out of range: CPUs are numbered 0 to " + MAX_CPU);
        }
        return cpu;
    }
}
