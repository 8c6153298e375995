package dev.heddle.runtime.internal.jdk;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.NativeCallException;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.HousekeepingReport;
import dev.heddle.runtime.HousekeepingReport.JvmThread;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Keeps the JVM's own threads off the cores of a manager, and puts them back where they were. */
public final class Housekeeping {
    /*
     * The JVM does not tell the kernel's ids of its threads. So every thread of the process is the JVM's own (garbage collector,
     * compilers, timers, pollers, the JDK's pools) that is not the program's: those are the Java threads outside of the JDK's
     * thread groups, by name, and the two that the launcher named after itself: the first thread of all, which nobody uses and
     * whose mask is that of the process, and the one that runs main.
     *
     * A thread that a moved thread starts inherits its mask. It is found by a later look, and put where the first ones were.
     */
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final Set<String> GROUPS_OF_THE_JDK = Set.of("system", "InnocuousThreadGroup", "CarrierThreads");
    private static final int MOST_BYTES_OF_NAME = 15;

    private record Moved(String name, CpuSet before) {}

    private final CpuSet cpus;
    private final Supplier<CpuSet> cores;
    private final ReentrantLock lock = new ReentrantLock();

    /** By the kernel's id. Under the lock, like the others. */
    private final Map<Integer, Moved> moved = new TreeMap<>();

    private final Map<Integer, JvmThread> notMoved = new TreeMap<>();
    private boolean undone;

    /**
     * Prepares to move them.
     *
     * @param cpus where they are to run
     * @param cores where they are not to
     */
    public Housekeeping(CpuSet cpus, Supplier<CpuSet> cores) {
        this.cpus = cpus;
        this.cores = cores;
    }

    /** Moves those that may run on the cores. Called again, those that are new. */
    public void look() {
        lock.lock();
        try {
            if (!undone) {
                moveAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Has the calling platform thread, one of the manager's own helpers, live where the JVM's threads do. */
    public void join() {
        try {
            ThreadAffinity.set(cpus);
        } catch (NativeCallException shrunkMeanwhile) {
            // It runs where it did.
        }
    }

    private void moveAll() {
        Set<String> programs = namesOfTheProgramsThreads();
        int first = Math.toIntExact(ProcessHandle.current().pid());
        String launcher = name(first);
        Set<Integer> alive = new HashSet<>();
        for (int id : threadIds()) {
            alive.add(id);
            String name = name(id);
            if (id != first && !name.isEmpty() && !name.equals(launcher) && !programs.contains(name)) {
                move(id, name);
            }
        }
        moved.keySet().retainAll(alive);
        notMoved.keySet().retainAll(alive);
    }

    private void move(int id, String name) {
        if (moved.containsKey(id)) {
            return;
        }
        try {
            CpuSet before = ThreadAffinity.get(id);
            if (before.equals(cpus)) {
                moved.put(id, new Moved(name, ThreadAffinity.ofProcess()));
            } else if (before.intersects(cores.get())) {
                ThreadAffinity.set(id, cpus);
                moved.put(id, new Moved(name, before));
                notMoved.remove(id);
            }
        } catch (NativeCallException e) {
            if (Files.isDirectory(TASKS.resolve(String.valueOf(id)))) { // else it has ended meanwhile
                notMoved.put(id, new JvmThread(id, name, String.valueOf(e.getMessage())));
            }
        }
    }

    /** Gives each that was moved the mask that it had. Where that is not to be had any longer, it keeps what it has. */
    public void undo() {
        lock.lock();
        try {
            if (undone) {
                return;
            }
            moveAll(); // to know those that were made since the last look
            undone = true;
            moved.forEach((id, thread) -> {
                try {
                    if (name(id).equals(thread.name) && ThreadAffinity.get(id).equals(cpus)) {
                        ThreadAffinity.set(id, thread.before);
                    }
                } catch (NativeCallException endedOrNotAllowed) {
                    // see above
                }
            });
        } finally {
            lock.unlock();
        }
    }

    /** What was done so far. */
    public HousekeepingReport report() {
        lock.lock();
        try {
            List<JvmThread> done = new ArrayList<>();
            moved.forEach((id, thread) -> done.add(new JvmThread(id, thread.name, "")));
            return new HousekeepingReport(cpus, done, List.copyOf(notMoved.values()));
        } finally {
            lock.unlock();
        }
    }

    private static List<Integer> threadIds() {
        List<Integer> ids = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            tasks.forEach(task -> ids.add(Integer.parseInt(String.valueOf(task.getFileName()))));
        } catch (IOException | DirectoryIteratorException e) {
            throw new IllegalStateException(
                    "the threads of the JVM cannot be listed, for " + TASKS + " is not readable: is /proc hidden?", e);
        }
        return ids;
    }

    /** The kernel's name; empty if the thread has ended. */
    private static String name(int id) {
        try {
            return Files.readString(TASKS.resolve(id + "/comm"), StandardCharsets.ISO_8859_1)
                    .strip();
        } catch (IOException ended) {
            return "";
        }
    }

    /** As the kernel has them, of all platform threads that are not the JDK's. */
    private static Set<String> namesOfTheProgramsThreads() {
        ThreadGroup root = Thread.currentThread().getThreadGroup();
        while (root != null && root.getParent() != null) {
            root = root.getParent();
        }
        Set<String> names = new HashSet<>();
        if (root == null) {
            return names;
        }
        Thread[] threads = new Thread[2 * root.activeCount() + 16];
        int count = root.enumerate(threads);
        for (int i = 0; i < count; i++) {
            ThreadGroup group = threads[i].getThreadGroup();
            if (group != null && !GROUPS_OF_THE_JDK.contains(group.getName())) {
                byte[] name = threads[i].getName().getBytes(StandardCharsets.UTF_8);
                names.add(cut(name));
                names.add(cutInTheMiddle(name));
            }
        }
        return names;
    }

    private static String cut(byte[] name) {
        return new String(name, 0, Math.min(name.length, MOST_BYTES_OF_NAME), StandardCharsets.ISO_8859_1).strip();
    }

    /** As newer JVMs do it: {@code Dispatc..read21}. */
    private static String cutInTheMiddle(byte[] name) {
        if (name.length <= MOST_BYTES_OF_NAME) {
            return cut(name);
        }
        return new String(name, 0, 7, StandardCharsets.ISO_8859_1) + ".."
                + new String(name, name.length - 6, 6, StandardCharsets.ISO_8859_1);
    }
}
