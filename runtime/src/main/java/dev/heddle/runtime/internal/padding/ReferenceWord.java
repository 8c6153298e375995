package dev.heddle.runtime.internal.padding;

import org.jspecify.annotations.Nullable;

/** The word of a {@link PaddedReference}. */
abstract class ReferenceWord<T> extends PaddingBefore {
    volatile @Nullable T value;
}
