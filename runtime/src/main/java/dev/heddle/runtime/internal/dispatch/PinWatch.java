package dev.heddle.runtime.internal.dispatch;

import dev.heddle.affinity.CpuSet;
import dev.heddle.runtime.internal.dispatch.Pinning.Check;
import dev.heddle.runtime.internal.dispatch.Pinning.Outcome;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Looks after the pins of all carriers. For the monitor. */
final class PinWatch {
    /*
     * A look reads the mask of each carrier, about a microsecond each. A tenth of a second between two looks costs a core a
     * hundred-thousandth of its time, and bounds how long tasks run elsewhere when a pin is lost. While nothing runs a look in
     * each second is enough: a carrier that is asleep runs nothing in the wrong place.
     *
     * A pin that was lost and can be had again is restored, and that is all. One that cannot be had means that the CPU is gone:
     * the manager is told, again and again for as long as the core is among its cores, and decides what becomes of that.
     */
    static final long LOOK_NANOS = 100_000_000;
    static final long IDLE_LOOK_NANOS = 1_000_000_000;

    /** Takes what is to be logged of a CPU. */
    interface Report {
        void log(int cpu, String text);
    }

    private final Scheduler scheduler;
    private final Consumer<CpuSet> cpusGone;
    private final Report report;

    private long lastLook;
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

    /** Looks, if it is time. */
    void lookIfDue(long now) {
        if (now - lastLook >= LOOK_NANOS) {
            look(now);
        }
    }

    void look(long now) {
        lastLook = now;
        CpuSet gone = CpuSet.empty();
        boolean isNews = false;
        for (VirtualCoreContext core : scheduler.allCores()) {
            boolean wasGone = core.isCpuGone();
            Check worst = lookAt(core);
            boolean isGone = worst != null && worst.outcome() == Outcome.LOST;
            if (isGone) {
                gone = gone.union(CpuSet.of(core.cpu()));
            }
            if (isGone != wasGone && (isGone || worst != null)) {
                core.setCpuGone(isGone);
                isNews |= isGone;
                say(core, isGone, worst);
            }
        }
        tell(gone, isNews, now);
    }

    /** Looks at each carrier of a core. Returns what was worst, or null if there is none to look at. */
    private @Nullable Check lookAt(VirtualCoreContext core) {
        CpuSet cpu = CpuSet.of(core.cpu());
        boolean wasGone = core.isCpuGone();
        Check[] worst = {null};
        core.forEachCarrier(carrier -> {
            if (carrier.kernelId() == 0) {
                return; // it has not come to pin itself
            }
            Check check = scheduler.settings().pinning().check(carrier.kernelId(), cpu);
            if (worst[0] == null || check.outcome().compareTo(worst[0].outcome()) > 0) {
                worst[0] = check;
            }
            count(core, carrier, check, wasGone);
        });
        return worst[0];
    }

    /** A carrier counts as lost once, and as restored once after that. */
    private void count(VirtualCoreContext core, CarrierThread carrier, Check check, boolean wasGone) {
        boolean isLost = check.outcome() == Outcome.LOST;
        boolean wasLost = carrier.setPinLost(isLost);
        if (check.outcome() != Outcome.HELD && !wasLost) {
            core.counters().countPinLost();
            lost.getAndIncrement();
        }
        boolean isRestored =
                check.outcome() == Outcome.RESTORED || (wasLost && !isLost); // newer kernels do it themselves
        if (isRestored) {
            core.counters().countPinRestored();
            restored.getAndIncrement();
        }
        if (isRestored || isLost != wasLost) {
            LostPinEvent.commit(core.cpu(), carrier.getName(), check.found().toString(), isRestored);
        }
        if (isRestored && !wasGone) {
            report.log(
                    core.cpu(),
                    core + ": something has let carrier " + carrier.getName() + " run on CPUs " + check.found()
                            + "; it is pinned to CPU " + core.cpu() + " again");
        }
    }

    private void say(VirtualCoreContext core, boolean isGone, @Nullable Check worst) {
        if (isGone && worst != null) {
            report.log(
                    core.cpu(),
                    core + ": CPU " + core.cpu() + " is gone, it is offline or outside of the cpuset. Its carriers were"
                            + " left with " + (worst.found().isEmpty() ? "no CPU" : "CPUs " + worst.found()));
        } else {
            report.log(core.cpu(), core + ": CPU " + core.cpu() + " is back, and its carriers are pinned to it");
        }
    }

    /** Tells the manager which of its cores are on no CPU of theirs: at once, and each second if nothing came of it. */
    private void tell(CpuSet gone, boolean isNews, long now) {
        CpuSet present = CpuSet.empty();
        for (VirtualCoreContext core : scheduler.cores()) {
            present = present.union(CpuSet.of(core.cpu()));
        }
        CpuSet unserved = gone.intersection(present);
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
