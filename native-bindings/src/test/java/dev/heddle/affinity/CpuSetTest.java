package dev.heddle.affinity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CpuSetTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0          | 0",
                "0-3        | 0-3",
                "3,1,2,1    | 1-3",
                "0-3,8,10-14| 0-3,8,10-14",
                "0-31:2     | 0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30",
                "1-10:4     | 1,5,9",
                "4-4        | 4",
                "63,64      | 63-64",
                "4095       | 4095",
                "65535      | 65535",
                "0x3,00000000 | 32-33",
                "0XfF       | 0-7",
                "0-65535:40000 | 0,40000",
                "0-65535:999999999 | 0",
            })
    void listsArePrintedInCanonicalForm(String text, String canonical) {
        assertEquals(canonical, CpuSet.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n", "0x0"})
    void blankTextAndTheZeroMaskAreTheEmptySet(String text) {
        assertEquals(CpuSet.empty(), CpuSet.parse(text));
        assertEquals("", CpuSet.parse(text).toString());
    }

    @Test
    void theBlanksOfAKernelFileArePassedOver() {
        assertEquals(CpuSet.range(0, 7), CpuSet.parse("0-7\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ff         | 0-7",
                "0xff       | 0-7",
                "3,00000000 | 32-33",
                "10         | 4",
                "80000000,00000000 | 63",
                "1,00000000,00000001 | 0,64",
                "0          | ''",
            })
    void masksAreReadWithAndWithoutPrefix(String mask, String list) {
        assertEquals(list, CpuSet.parseMask(mask).toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ",          | 0 | expected a CPU number",
                "0,,1       | 2 | expected a CPU number",
                "0-3,       | 4 | expected a CPU number",
                "0-         | 2 | expected a CPU number",
                "-1         | 0 | expected a CPU number",
                "0-3-5      | 3 | expected ','",
                "0 1        | 1 | expected ','",
                "3-1        | 0 | runs backwards",
                "0-3:0      | 4 | at least 1",
                "0-3:       | 4 | expected a stride",
                "7:2        | 1 | expected ','",
                "65536      | 0 | numbered 0 to 65535",
                "1-99999999999999999999 | 2 | numbered 0 to 65535",
                "ff         | 0 | starts with 0x",
                "1f         | 1 | starts with 0x",
                "0x         | 2 | expected a hexadecimal digit",
                "0xg        | 2 | expected a hexadecimal digit",
                "0x1,2      | 4 | 8 hexadecimal digits",
                "0xff;      | 4 | expected a hexadecimal digit",
                "\u0663     | 0 | expected a CPU number",
            })
    void malformedTextIsRefusedWithItsPosition(String text, int position, String why) {
        String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> CpuSet.parse(text))
                .getMessage());
        assertTrue(message.contains("at position " + position + ","), message);
        assertTrue(message.contains(why), message);
        assertTrue(message.contains("\"" + text + "\""), message);
    }

    @Test
    void aMaskOfMoreCpusThanThereCanBeIsRefused() {
        assertEquals(65_535, CpuSet.parseMask("8" + "0".repeat(16_383)).first());
        assertThrows(IllegalArgumentException.class, () -> CpuSet.parseMask("1" + "0".repeat(16_384)));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.parseMask(""));
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> CpuSet.of(-1));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.of(65_536));
        assertThrows(IllegalArgumentException.class, () -> CpuSet.range(3, 2));
        BitSet tooHigh = new BitSet();
        tooHigh.set(65_536);
        assertThrows(IllegalArgumentException.class, () -> CpuSet.copyOf(tooHigh));
    }

    @Test
    void theEmptySetHasNoEnds() {
        assertThrows(NoSuchElementException.class, CpuSet.empty()::first);
        assertThrows(NoSuchElementException.class, CpuSet.empty()::last);
        assertThrows(
                NoSuchElementException.class, () -> CpuSet.empty().iterator().nextInt());
    }

    @Test
    void containsAnswersForAnyNumber() {
        CpuSet set = CpuSet.of(0, 63, 4095);
        assertTrue(set.contains(0));
        assertTrue(set.contains(63));
        assertTrue(set.contains(4095));
        assertFalse(set.contains(64));
        assertFalse(set.contains(-1));
        assertFalse(set.contains(Integer.MAX_VALUE));
        assertFalse(set.contains(Integer.MIN_VALUE));
    }

    @Test
    void theSetDoesNotShareTheCallersArrays() {
        long[] words = {0b101};
        CpuSet set = CpuSet.copyOf(words);
        words[0] = 0;
        set.toLongArray()[0] = 0;
        assertEquals("0,2", set.toString());
    }

    /** Random sets against java.util.BitSet, which was not written here. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theAlgebraAgreesWithBitSet(long seed) {
        List<BitSet> models = models(seed);
        for (BitSet a : models) {
            CpuSet x = CpuSet.copyOf(a);
            assertAgrees(a, x);
            for (BitSet b : models) {
                CpuSet y = CpuSet.copyOf(b);
                BitSet union = (BitSet) a.clone();
                union.or(b);
                assertAgrees(union, x.union(y));
                BitSet intersection = (BitSet) a.clone();
                intersection.and(b);
                assertAgrees(intersection, x.intersection(y));
                BitSet difference = (BitSet) a.clone();
                difference.andNot(b);
                assertAgrees(difference, x.minus(y));
                assertEquals(a.intersects(b), x.intersects(y));
                assertEquals(union.equals(a), x.containsAll(y));
                assertEquals(a.equals(b), x.equals(y));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
    void everyTextFormReadsBack(long seed) {
        for (BitSet model : models(seed)) {
            CpuSet set = CpuSet.copyOf(model);
            assertEquals(set, CpuSet.parse(set.toString()));
            assertEquals(set, CpuSet.parse("0x" + set.toMask()));
            assertEquals(set, CpuSet.parseMask(set.toMask()));
        }
    }

    /** A text made by changing one character of a good one is read, or refused by the one exception that says where. */
    @ParameterizedTest
    @ValueSource(longs = {21, 22, 23, 24, 25, 26, 27, 28})
    void noTextBreaksTheParser(long seed) {
        java.util.Random random = new java.util.Random(seed);
        String alphabet = "0123456789-,:xXafg \n\u0663";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(i % 2 == 0 ? "0-3,8,10-14:2" : "0x3,000000ff");
            for (int edits = random.nextInt(4); edits >= 0; edits--) {
                int at = random.nextInt(text.length());
                char c = alphabet.charAt(random.nextInt(alphabet.length()));
                switch (random.nextInt(3)) {
                    case 0 -> text.setCharAt(at, c);
                    case 1 -> text.insert(at, c);
                    default -> text.setLength(Math.max(1, at));
                }
            }
            CpuSet set;
            try {
                set = CpuSet.parse(text.toString());
            } catch (IllegalArgumentException e) {
                assertTrue(String.valueOf(e.getMessage()).contains(" at position "), e.getMessage());
                continue;
            }
            assertEquals(set, CpuSet.parse(set.toString()), text.toString());
        }
    }

    private static List<BitSet> models(long seed) {
        java.util.Random random = new java.util.Random(seed);
        List<BitSet> models = new ArrayList<>();
        models.add(new BitSet());
        for (int bound : new int[] {1, 2, 8, 63, 64, 65, 128, 1024, 1025, 4096, 65_536}) {
            for (int density : new int[] {1, 4, 60}) {
                BitSet model = new BitSet();
                for (int i = 0; i < density; i++) {
                    int first = random.nextInt(bound);
                    model.set(first, Math.min(bound, first + 1 + random.nextInt(4)));
                }
                models.add(model);
            }
        }
        return models;
    }

    private static void assertAgrees(BitSet model, CpuSet set) {
        int[] cpus = model.stream().toArray();
        assertArrayEquals(cpus, set.toArray());
        assertArrayEquals(
                cpus,
                Stream.iterate(set.iterator(), i -> i.hasNext(), i -> i)
                        .mapToInt(i -> i.nextInt())
                        .toArray());
        assertEquals(cpus.length, set.size());
        assertEquals(cpus.length == 0, set.isEmpty());
        assertEquals(CpuSet.of(cpus), set);
        assertEquals(CpuSet.of(cpus).hashCode(), set.hashCode());
        assertNotEquals(CpuSet.of(65_535), set.minus(CpuSet.of(65_535)));
        if (cpus.length > 0) {
            assertEquals(cpus[0], set.first());
            assertEquals(cpus[cpus.length - 1], set.last());
        }
    }
}
