package dev.heddle.runtime.internal.dispatch;

import org.jspecify.annotations.Nullable;

/** A platform thread that runs a manager's tasks. */
public sealed interface CoreThread permits CarrierThread, PlatformThreads.TaskThread, SequencedBackend.Carrier {
    /** The core whose CPU it is pinned to, or null if it may run on any of the manager's. */
    @Nullable
    CoreContext core();

    /** What the cores of its manager are told: one object for each manager. */
    CoreSettings settings();
}
