package dev.heddle.cli;

import java.io.Console;
import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** A bar on the terminal's standard error while a run takes longer than a moment; nothing where there is no terminal. */
final class ProgressBar implements AutoCloseable {
    private static final long FIRST_SHOWN_AFTER_MILLIS = 500;
    private static final long INTERVAL_MILLIS = 100;
    private static final int WIDTH = 40;

    private final PrintWriter messages;
    private final LongSupplier done;
    private final long total;
    private final Thread painter;

    ProgressBar(PrintWriter messages, LongSupplier done, long total) {
        this.messages = messages;
        this.done = done;
        this.total = total;
        this.painter = Thread.ofPlatform().daemon().name("progress").start(this::paint);
    }

    @SuppressWarnings("SystemConsoleNull") // it does return null, without a terminal and with -Djdk.console=java.base
    private void paint() {
        try {
            Thread.sleep(FIRST_SHOWN_AFTER_MILLIS);
            Console console = System.console();
            if (console == null || !console.isTerminal()) {
                return;
            }
            try {
                while (true) {
                    long now = Math.min(done.getAsLong(), total);
                    int filled = (int) (WIDTH * now / total);
                    messages.printf(
                            "\r[%s%s] %3d%%  %,d of %,d samples",
                            "#".repeat(filled), ".".repeat(WIDTH - filled), 100 * now / total, now, total);
                    messages.flush();
                    Thread.sleep(INTERVAL_MILLIS);
                }
            } finally {
                messages.print("\r\033[K");
                messages.flush();
            }
        } catch (InterruptedException e) {
            // closed
        }
    }

    /** Wipes the bar. */
    @Override
    public void close() {
        painter.interrupt();
        try {
            painter.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the painter ends by itself
        }
    }
}
