package dev.heddle.affinity;

import java.util.BitSet;

/**
 * Reads the two text forms of a {@link CpuSet} and says where a malformed one went wrong.
 *
 * <pre>
 *   list  = item *( "," item )
 *   item  = cpu [ "-" cpu [ ":" stride ] ]
 *   mask  = [ "0x" ] group *( "," group )      ; every group but the first has 8 hexadecimal digits
 * </pre>
 */
final class CpuSetParser {
    /** Digits that hold any CPU number: a longer number is out of range, whatever it is. */
    private static final int MAX_DIGITS = 9;

    private final String text;
    private final int end;
    private int position;

    CpuSetParser(String text) {
        this.text = text;
        int first = 0;
        int last = text.length();
        while (first < last && Character.isWhitespace(text.charAt(first))) {
            first++;
        }
        while (last > first && Character.isWhitespace(text.charAt(last - 1))) {
            last--;
        }
        this.position = first;
        this.end = last;
    }

    CpuSet parse() {
        if (position == end) {
            return CpuSet.empty();
        }
        return atHexPrefix() ? mask() : list();
    }

    CpuSet parseMask() {
        return mask();
    }

    private CpuSet list() {
        BitSet bits = new BitSet();
        do {
            item(bits);
        } while (accept(','));
        if (position < end) {
            throw malformed(position, "expected ',' or the end" + maskAdvice());
        }
        return CpuSet.copyOf(bits);
    }

    private void item(BitSet bits) {
        int firstAt = position;
        int first = cpu();
        if (!accept('-')) {
            bits.set(first);
            return;
        }
        int last = cpu();
        if (last < first) {
            throw malformed(firstAt, "the range " + first + "-" + last + " runs backwards");
        }
        int stride = 1;
        if (accept(':')) {
            int strideAt = position;
            stride = number("a stride");
            if (stride == 0) {
                throw malformed(strideAt, "a stride is at least 1");
            }
        }
        // In long: a stride near 2^30 would carry an int past the end of its range.
        for (long cpu = first; cpu <= last; cpu += stride) {
            bits.set((int) cpu);
        }
    }

    private int cpu() {
        int at = position;
        int cpu = number("a CPU number");
        if (cpu > CpuSet.MAX_CPU) {
            throw malformed(at, "CPUs are numbered 0 to " + CpuSet.MAX_CPU);
        }
        return cpu;
    }

    /** The number here; {@link Integer#MAX_VALUE} for one of more digits than any that is in range. */
    private int number(String what) {
        int start = position;
        while (position < end && isDigit(text.charAt(position))) {
            position++;
        }
        if (position == start) {
            throw malformed(start, "expected " + what + maskAdvice());
        }
        if (position - start > MAX_DIGITS) {
            return Integer.MAX_VALUE;
        }
        return Integer.parseInt(text, start, position, 10);
    }

    private CpuSet mask() {
        if (atHexPrefix()) {
            position += 2;
        }
        StringBuilder digits = new StringBuilder();
        int group = 0;
        do {
            int start = position;
            while (position < end && Character.digit(text.charAt(position), 16) >= 0 && text.charAt(position) < 128) {
                digits.append(text.charAt(position++));
            }
            int length = position - start;
            if (length == 0) {
                throw malformed(position, "expected a hexadecimal digit");
            }
            if (group > 0 && length != 8) {
                throw malformed(start, "every group after the first has 8 hexadecimal digits, this one " + length);
            }
            group++;
        } while (accept(','));
        if (position < end) {
            throw malformed(position, "expected a hexadecimal digit, ',' or the end");
        }
        return ofHexDigits(digits);
    }

    private CpuSet ofHexDigits(StringBuilder digits) {
        BitSet bits = new BitSet();
        int length = digits.length();
        for (int i = 0; i < length; i++) {
            int nibble = Character.digit(digits.charAt(length - 1 - i), 16);
            for (int bit = 0; bit < 4; bit++) {
                if ((nibble & (1 << bit)) != 0) {
                    int cpu = 4 * i + bit;
                    if (cpu > CpuSet.MAX_CPU) {
                        throw malformed(0, "CPUs are numbered 0 to " + CpuSet.MAX_CPU);
                    }
                    bits.set(cpu);
                }
            }
        }
        return CpuSet.copyOf(bits);
    }

    private boolean accept(char wanted) {
        if (position < end && text.charAt(position) == wanted) {
            position++;
            return true;
        }
        return false;
    }

    private boolean atHexPrefix() {
        return text.regionMatches(true, position, "0x", 0, 2);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private String maskAdvice() {
        boolean hexDigit = position < end && Character.digit(text.charAt(position), 16) >= 10;
        return hexDigit ? " (a hexadecimal mask starts with 0x)" : "";
    }

    private IllegalArgumentException malformed(int at, String why) {
        String found = at < end ? "'" + text.charAt(at) + "'" : "the end";
        return new IllegalArgumentException(
                "malformed CPU set \"" + text + "\" at position " + at + ", " + found + ": " + why);
    }
}
