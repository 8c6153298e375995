package dev.heddle.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.heddle.affinity.ThreadAffinity;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code jcmd PID Thread.dump_to_file} shows. */
final class ThreadDumpTest {
    private static final int CPU = ThreadAffinity.ofProcess().first();

    private final CoreManager cores =
            CoreManager.builder().mode(TaskMode.VIRTUAL).name("dumped").start();
    private final CountDownLatch begun = new CountDownLatch(4);
    private final CountDownLatch end = new CountDownLatch(1);

    @AfterEach
    void close() {
        end.countDown();
        cores.close();
    }

    @Test
    void aTaskStandsInADumpUnderItsPlaceAndNowhereElse(@TempDir Path folder) throws Exception {
        List<Thread> threads = List.of(
                cores.on(CPU).start("weaver", this::stay),
                cores.on(CPU).preferred().start("guest", this::stay),
                cores.anywhere().start("wanderer", this::stay),
                cores.on(CPU).threadFactory().newThread(this::stay));
        Thread made = threads.get(3);
        made.setName("made");
        made.start();
        begun.await();
        List<String> containers = containers(folder.resolve("live"));
        assertEquals(List.of("core " + CPU + " of manager 'dumped'"), holding("weaver", containers));
        assertEquals(List.of("preferred core " + CPU + " of manager 'dumped'"), holding("guest", containers));
        assertEquals(List.of("anywhere() of manager 'dumped'"), holding("wanderer", containers));
        assertEquals(List.of("<root>"), holding("made", containers)); // whoever made it started it
        end.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        containers = containers(folder.resolve("ended"));
        for (String name : List.of("weaver", "guest", "wanderer", "made")) {
            assertEquals(List.of(), holding(name, containers));
        }
    }

    private void stay() {
        begun.countDown();
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The containers of a dump, each with its name first and then its threads. */
    private static List<String> containers(Path file) throws Exception {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        String pid = String.valueOf(ProcessHandle.current().pid());
        Process dump = new ProcessBuilder(jcmd, pid, "Thread.dump_to_file", "-format=json", file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(dump.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, dump.waitFor(), said);
        String[] parts = Files.readString(file).split("\"container\": \"");
        return Arrays.asList(parts).subList(1, parts.length);
    }

    /** The names of the containers that hold a thread. */
    private static List<String> holding(String thread, List<String> containers) {
        return containers.stream()
                .filter(container -> container.contains("\"name\": \"" + thread + "\""))
                .map(container -> container.substring(0, container.indexOf('"')))
                .map(name -> name.replaceFirst("\\\\?/.*", ""))
                .toList();
    }
}
