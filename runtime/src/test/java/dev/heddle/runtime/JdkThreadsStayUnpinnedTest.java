package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.testing.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the JDK makes on first use is not made by a pinned thread, even where a task is the first to need it. */
final class JdkThreadsStayUnpinnedTest {
    private static final List<String> FLAGS =
            List.of("--enable-native-access=ALL-UNNAMED", "--add-opens=java.base/java.lang=ALL-UNNAMED");

    /** In a fresh JVM, lets tasks be the first to sleep, to use a socket and the common pool; then looks at all masks. */
    static final class FirstUse {
        public static void main(String[] args) throws Exception {
            CpuSet whole = ThreadAffinity.ofProcess();
            ThreadAffinity.set(CpuSet.of(whole.first())); // the manager is even started by a pinned thread
            try (CoreManager cores = CoreManager.builder().start()) {
                for (int cpu : cores.cores()) {
                    cores.on(cpu)
                            .submit(() -> {
                                Thread.sleep(1);
                                exchangeAByte();
                                return null;
                            })
                            .get();
                }
                int parallelism = cores.on(whole.first())
                        .submit(java.util.concurrent.ForkJoinPool::getCommonPoolParallelism)
                        .get();
                System.out.println("common pool " + (parallelism >= whole.size() - 1 ? "whole" : "narrow"));
                System.out.println("pinned: " + pinnedThreads(whole));
            }
        }

        private static void exchangeAByte() throws IOException, InterruptedException {
            try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                    Socket accepted = server.accept()) {
                Thread echo = Thread.startVirtualThread(() -> {
                    try {
                        accepted.getOutputStream()
                                .write(accepted.getInputStream().read());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                Thread.yield(); // the echo waits for the byte first
                client.getOutputStream().write(1);
                assertEquals(1, client.getInputStream().read());
                echo.join();
            }
        }

        /** Names of the kernel threads whose mask is not the process's. */
        private static Set<String> pinnedThreads(CpuSet whole) throws IOException {
            Set<String> names = new TreeSet<>();
            try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
                for (Path thread : threads.toList()) {
                    try {
                        if (!ThreadAffinity.get(
                                        Integer.parseInt(thread.getFileName().toString()))
                                .equals(whole)) {
                            names.add(Files.readString(thread.resolve("comm")).strip());
                        }
                    } catch (NativeCallException | IOException gone) {
                        // it ended between the listing and the look
                    }
                }
            }
            return names;
        }
    }

    @Test
    void onlyTheCarriersAndTheThreadThatPinnedItselfArePinned() {
        CpuSet whole = ThreadAffinity.ofProcess();
        assumeTrue(whole.size() > 1, "one CPU: pinned and unpinned are the same");
        ChildJvm.Result result = ChildJvm.run(FLAGS, FirstUse.class);
        assertEquals(0, result.exit(), result.output());
        assertTrue(result.output().contains("common pool whole"), result.output());
        Set<String> expected = new TreeSet<>(List.of("java")); // main: the kernel calls it by its program
        whole.forEach(cpu -> expected.add("heddle-core-" + cpu));
        String expectedLine = "pinned: " + expected;
        assertTrue(
                result.output().contains(expectedLine),
                () -> expectedLine + " is not what was seen:\n" + result.output());
    }

    /** The pollers run on the cores of the manager: those that are hogged are handed over. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void socketsOfOtherVirtualThreadsLiveWhileCoresAreHogged(boolean all) throws Exception {
        try (CoreManager cores =
                CoreManager.builder().mode(TaskMode.VIRTUAL).name("hogged").start()) {
            int[] hogged =
                    all ? cores.cores().toArray() : new int[] {cores.cores().first()};
            CountDownLatch hogs = new CountDownLatch(hogged.length);
            CountDownLatch release = new CountDownLatch(1);
            cores.on(cores.cores().first())
                    .submit(() -> {
                        FirstUse.exchangeAByte(); // the first to touch a socket, if this test is run alone
                        return null;
                    })
                    .get();
            for (int cpu : hogged) {
                cores.on(cpu).start(() -> {
                    hogs.countDown();
                    while (release.getCount() > 0) {
                        Thread.onSpinWait();
                    }
                });
            }
            hogs.await();
            Thread other = Thread.ofVirtual().start(() -> {
                try {
                    FirstUse.exchangeAByte();
                } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            boolean lived = other.join(Waiting.DEADLINE);
            Thread opener = Thread.ofPlatform()
                    .start(() ->
                            CoreManager.builder().mode(TaskMode.VIRTUAL).start().close());
            boolean opened = opener.join(Waiting.DEADLINE);
            release.countDown();
            assertTrue(lived);
            assertTrue(opened, "another manager could not be opened");
        }
    }
}
