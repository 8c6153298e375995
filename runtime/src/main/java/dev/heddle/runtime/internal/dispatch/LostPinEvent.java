package dev.heddle.runtime.internal.dispatch;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/** In a flight recording: a carrier was found not to be pinned to its CPU any longer. */
@Name("dev.heddle.LostPin")
@Label("Lost Pin")
@Category("Heddle")
@Description("A carrier was found not to be pinned to its core's CPU any longer")
@StackTrace(false) // it would be the monitor's
final class LostPinEvent extends Event {
    @Label("CPU")
    int cpu;

    @Label("Carrier")
    @Nullable
    String carrier;

    @Label("CPUs Found")
    @Description("The CPUs that the carrier was allowed to run on, in the kernel's list format")
    @Nullable
    String found;

    @Label("Restored")
    @Description("Whether the carrier could be pinned again. If not, the CPU is offline or outside of the cpuset")
    boolean restored;

    static void commit(int cpu, String carrier, String found, boolean restored) {
        LostPinEvent event = new LostPinEvent();
        if (event.shouldCommit()) {
            event.cpu = cpu;
            event.carrier = carrier;
            event.found = found;
            event.restored = restored;
            event.commit();
        }
    }
}
