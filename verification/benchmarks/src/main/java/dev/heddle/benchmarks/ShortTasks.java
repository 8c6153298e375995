package dev.heddle.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/**
 * Tasks that end soon, run before those that live long are measured.
 *
 * <p>What a task's stack begins with, of the JDK and of its scheduler, is called once for each task, and copied at each of its switches. Where only
 * some hundred tasks a second start it is not compiled to the end within the measurement, and its frames are more and larger.
 */
final class ShortTasks {
    /** Some times as many as the JVM has seen before it compiles a method to the end. */
    private static final int COUNT = 40_000;

    private static final int AT_ONCE = 1_000;

    private ShortTasks() {}

    /** Starts them, and waits until all have ended. */
    static void run(Executor starter) throws InterruptedException {
        for (int started = 0; started < COUNT; started += AT_ONCE) {
            CountDownLatch ended = new CountDownLatch(AT_ONCE);
            for (int i = 0; i < AT_ONCE; i++) {
                starter.execute(() -> {
                    Thread.yield();
                    ended.countDown();
                });
            }
            ended.await();
        }
    }
}
