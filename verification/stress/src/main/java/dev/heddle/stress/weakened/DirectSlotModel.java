package dev.heddle.stress.weakened;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A direct slot, open at first, beside a queue in place of segments. With both rules it keeps the order of a sender's items. */
final class DirectSlotModel {
    private static final String OPEN = "";

    private final boolean senderLooks;
    private final boolean receiverCloses;
    private final AtomicReference<@Nullable String> direct = new AtomicReference<>(OPEN);
    private final Queue<String> segments = new ConcurrentLinkedQueue<>();
    private final StringBuilder received = new StringBuilder();

    DirectSlotModel(boolean senderLooks, boolean receiverCloses) {
        this.senderLooks = senderLooks;
        this.receiverCloses = receiverCloses;
    }

    void offer(String item) {
        boolean mayFill = !senderLooks || segments.isEmpty();
        if (!mayFill || !direct.compareAndSet(OPEN, item)) {
            segments.add(item);
        }
    }

    void receive() {
        String found = direct.get();
        if (found != null && !found.isEmpty()) {
            take(found);
        } else if (segments.isEmpty()) {
            direct.compareAndSet(null, OPEN);
        } else if (receiverCloses && found != null && !direct.compareAndSet(OPEN, null)) {
            take(String.valueOf(direct.get()));
        } else {
            received.append(segments.remove());
        }
    }

    private void take(String item) {
        received.append(item);
        direct.set(segments.isEmpty() ? OPEN : null);
    }

    String received() {
        return received.toString();
    }
}
