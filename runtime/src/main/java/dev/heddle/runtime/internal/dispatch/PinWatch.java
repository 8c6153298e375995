package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.internal.dispatch.Pinning.Check;
import dev.heddle.runtime.internal.dispatch.Pinning.Outcome;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/** Looks after the pins of all carriers. For the monitor. */
final class PinWatch {
    /*
     * To read a mask takes a microsecond or two while the code is compiled and the caches have it, and hundreds for a few of
     * them where that is ten times a second: of a CPU that a carrier may want. So the monitor looks at a core, or a few of very
     * many, every millisecond or so, and comes to each core in a tenth of a second. That bounds how long tasks run elsewhere when a
     * pin is lost. After a core that has many carriers it pauses for longer, a millisecond for each, as far as that bound
     * allows. While nothing runs, a look at all in each second is enough: a carrier that is asleep runs nothing in the wrong place.
     *
     * A pin that was lost and can be had again is restored, and that is all. One that cannot be had means that the CPU is gone:
     * the manager is told, again and again for as long as the core is among its cores, and decides what becomes of that.
     */
    private static final long NANOS_PER_MASK = 1_000_000;
    private static final long TURN_NANOS = 100_000_000;

    /** A monitor that comes later than this has slept, and need not make up for that. Naps are shorter. */
    private static final long LATE_NANOS = 20_000_000;

    static final long IDLE_LOOK_NANOS = 1_000_000_000;

    /** Takes what is to be logged of a CPU. */
    interface Report {
        void log(int cpu, String text);
    }

    private final Scheduler scheduler;
    private final Consumer<CpuSet> cpusGone;
    private final Report report;

    private long lastLook;
    private long lastLookAtAll;

    /** How many masks were read in the last look. */
    private int masks;

    /** What is left of the time since earlier looks, times the cores: a core is due for each {@link #TURN_NANOS} of it. */
    private long due;

    /** Where in the list of cores the next look begins. */
    private int position;

    private long lastTold;
    private boolean hasTold;

    /** Written by the monitor, read by anyone. */
    private final AtomicLong lost = new AtomicLong();

    private final AtomicLong restored = new AtomicLong();

    /**
     * Makes a watch.
     *
     * @param cpusGone told which CPUs of present cores are not to be had; must not block
     * @param report takes what is to be logged
     */
    PinWatch(Scheduler scheduler, Consumer<CpuSet> cpusGone, Report report) {
        this.scheduler = scheduler;
        this.cpusGone = cpusGone;
        this.report = report;
    }

    /** Looks at the cores whose turn it is. */
    void lookInTurn(long now) {
        int cores = scheduler.allCores().length;
        long sinceLast = now - lastLook;
        long pause = Math.min(TURN_NANOS / Math.max(1, cores), NANOS_PER_MASK * masks);
        if (sinceLast >= Math.max(NANOS_PER_MASK, pause)) {
            due += cores * Math.min(sinceLast, LATE_NANOS);
            int count = (int) Math.max(1, due / TURN_NANOS);
            due = Math.max(0, due - count * TURN_NANOS);
            look(count, now);
        }
    }

    /** Looks at all cores, unless that was done within the last second. For a monitor that goes to sleep. */
    void lookAtAllIfDue(long now) {
        if (now - lastLookAtAll >= IDLE_LOOK_NANOS) {
            lookAtAll(now);
        }
    }

    /** Looks at all cores. */
    void lookAtAll(long now) {
        lastLookAtAll = now;
        look(scheduler.allCores().length, now);
    }

    private void look(int count, long now) {
        lastLook = now;
        masks = 0;
        VirtualCoreContext[] cores = scheduler.allCores();
        boolean anyGone = false;
        boolean isNews = false;
        for (int i = 0; i < Math.min(count, cores.length); i++) {
            position = position < cores.length ? position + 1 : 1; // first: a look without memory is not tried for ever
            VirtualCoreContext core = cores[position - 1];
            boolean wasGone = core.isCpuGone();
            Check worst = lookAt(core);
            if (worst == null) {
                continue;
            }
            boolean isGone = worst.outcome() == Outcome.LOST;
            anyGone |= isGone;
            if (isGone != wasGone) {
                core.setCpuGone(isGone);
                isNews |= isGone;
                say(core, isGone, worst);
            }
        }
        if (anyGone) {
            tell(isNews, now);
        }
    }

    /** Looks at each carrier of a core. Returns what was worst, or null if there is none of which that can be told. */
    private @Nullable Check lookAt(VirtualCoreContext core) {
        boolean wasGone = core.isCpuGone();
        Check[] worst = {null};
        core.forEachCarrier(carrier -> {
            if (carrier.kernelId() == 0) {
                return; // it has not come to pin itself
            }
            masks++;
            Check check = check(core, carrier);
            if (check == null) {
                return;
            }
            if (worst[0] == null || check.outcome().compareTo(worst[0].outcome()) > 0) {
                worst[0] = check;
            }
            count(core, carrier, check, wasGone);
        });
        return worst[0];
    }

    /** Looks at a carrier. Returns null if the kernel does not say: nothing is known of that pin, and the others are looked at. */
    private @Nullable Check check(VirtualCoreContext core, CarrierThread carrier) {
        try {
            Check check = scheduler.settings().pinning().check(carrier.kernelId(), core.mask());
            carrier.setPinUnread(false);
            return check;
        } catch (RuntimeException refused) {
            if (!carrier.setPinUnread(true)) { // said once, until it can be read again
                report.log(
                        core.cpu(),
                        core + ": whether carrier " + carrier.getName() + " is still pinned to CPU " + core.cpu()
                                + " cannot be told, and it goes on: " + refused.getMessage());
            }
            return null;
        }
    }

    /** A carrier counts as lost once, and as restored once after that. */
    private void count(VirtualCoreContext core, CarrierThread carrier, Check check, boolean wasGone) {
        boolean isLost = check.outcome() == Outcome.LOST;
        boolean wasLost = carrier.setPinLost(isLost);
        boolean isRestored =
                check.outcome() == Outcome.RESTORED || (wasLost && !isLost); // newer kernels do it themselves
        try {
            if ((isRestored || isLost != wasLost) && FlightRecorder.isInitialized()) { // as in Monitor
                LostPinEvent.commit(core.cpu(), carrier.getName(), check.found().toString(), isRestored);
            }
            if (isRestored && !wasGone) {
                report.log(
                        core.cpu(),
                        core + ": something has let carrier " + carrier.getName() + " run on CPUs " + check.found()
                                + "; it is pinned to CPU " + core.cpu() + " again");
            }
        } finally {
            // After the event: who sees a count finds that too. The core's last: who sees it finds the totals.
            if (check.outcome() != Outcome.HELD && !wasLost) {
                lost.getAndIncrement();
                core.counters().countPinLost();
            }
            if (isRestored) {
                restored.getAndIncrement();
                core.counters().countPinRestored();
            }
        }
    }

    private void say(VirtualCoreContext core, boolean isGone, Check worst) {
        if (isGone) {
            report.log(
                    core.cpu(),
                    core + ": CPU " + core.cpu() + " is gone, it is offline or outside of the cpuset. Its carriers were"
                            + " left with " + (worst.found().isEmpty() ? "no CPU" : "CPUs " + worst.found()));
        } else {
            report.log(core.cpu(), core + ": CPU " + core.cpu() + " is back, and its carriers are pinned to it");
        }
    }

    /** Tells the manager which of its cores are on no CPU of theirs: at once, and each second if nothing came of it. */
    private void tell(boolean isNews, long now) {
        CpuSet unserved = CpuSet.empty();
        for (VirtualCoreContext core : scheduler.cores()) {
            if (core.isCpuGone() && core.carrierCount() > 0) {
                unserved = unserved.union(core.mask());
            }
        }
        if (!unserved.isEmpty() && (isNews || !hasTold || now - lastTold >= TimeUnit.SECONDS.toNanos(1))) {
            hasTold = true;
            lastTold = now;
            cpusGone.accept(unserved);
        }
    }

    long lost() {
        return lost.get();
    }

    long restored() {
        return restored.get();
    }
}
