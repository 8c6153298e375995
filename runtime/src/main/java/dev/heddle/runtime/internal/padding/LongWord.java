package dev.heddle.runtime.internal.padding;

/** The word of a {@link PaddedLong}. */
abstract class LongWord extends PaddingBefore {
    volatile long value;
}
