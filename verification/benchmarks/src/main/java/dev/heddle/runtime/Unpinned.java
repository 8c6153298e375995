package dev.heddle.runtime;

import org.jspecify.annotations.NullMarked;

/** The same runtime with carriers that the kernel may move: the baseline that shows what the pin itself costs or buys. */
@NullMarked
public final class Unpinned {
    private Unpinned() {}

    /** A builder whose carriers are not pinned. */
    public static CoreManagerBuilder builder() {
        return CoreManager.builder().name("unpinned").pinning(cpu -> {});
    }
}
