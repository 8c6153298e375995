package dev.heddle.runtime.internal.padding;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.ClassLayout;
import org.openjdk.jol.info.FieldLayout;

/** The JVM lays the words out as they were meant. */
final class PaddingTest {
    private static final long TWO_LINES = 128;

    @Test
    void aPaddedWordIsTwoCacheLinesFromWhatLiesBeside() {
        for (Class<?> padded : List.of(PaddedLong.class, PaddedReference.class)) {
            ClassLayout layout = ClassLayout.parseClass(padded);
            FieldLayout word = layout.fields().stream()
                    .filter(field -> field.name().equals("value"))
                    .findFirst()
                    .orElseThrow();
            assertTrue(word.offset() >= TWO_LINES, layout::toPrintable);
            assertTrue(layout.instanceSize() - word.offset() - word.size() >= TWO_LINES, layout::toPrintable);
        }
    }
}
