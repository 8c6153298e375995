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
     * A name is the kernel's, which the thread has had since its start, or gave itself: a thread that another one has renamed is
     * not found among the program's.
     *
     * A thread that a moved thread starts inherits its mask. It is found by a later look, and put where the first ones were.
     *
     * Several managers may keep house at the same time. The mask that a thread had before the first of them is kept for all, and
     * given back when the last of them that has moved it is done.
     */
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final Set<String> GROUPS_OF_THE_JDK =
            Set.of("system", "InnocuousThreadGroup", "CarrierThreads", "InnocuousForkJoinWorkerThreadGroup");
    private static final int MOST_BYTES_OF_NAME = 15;

    /** A thread that was moved: its name, the mask it had before, and by whom. */
    private record Moved(String name, CpuSet before, Set<Housekeeping> by) {}

    /** By the kernel's id, for all managers. Under the lock. */
    private static final Map<Integer, Moved> MOVED = new TreeMap<>();

    private static final ReentrantLock LOCK = new ReentrantLock();

    private final CpuSet cpus;
    private final Supplier<CpuSet> cores;
    /** By the kernel's id. Under the lock, like the next. */
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
        LOCK.lock();
        try {
            if (!undone) {
                moveAll();
            }
        } finally {
            LOCK.unlock();
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
        MOVED.keySet().retainAll(alive);
        notMoved.keySet().retainAll(alive);
    }

    private void move(int id, String name) {
        try {
            CpuSet mask = ThreadAffinity.get(id);
            if (mask.intersects(cores.get())) {
                ThreadAffinity.set(id, cpus);
                register(id, name, mask);
                notMoved.remove(id);
            } else if (mask.equals(cpus)) {
                register(id, name, ThreadAffinity.ofProcess());
            }
        } catch (NativeCallException e) {
            if (Files.isDirectory(TASKS.resolve(String.valueOf(id)))) { // else it has ended meanwhile
                notMoved.put(id, new JvmThread(id, name, String.valueOf(e.getMessage())));
            }
        }
    }

    private void register(int id, String name, CpuSet before) {
        Moved known = MOVED.get(id);
        if (known == null || !known.name.equals(name)) { // ids are used again
            known = new Moved(name, before, new HashSet<>());
            MOVED.put(id, known);
        }
        known.by.add(this);
    }

    /** Gives each that was moved the mask that it had. Where that is not to be had any longer, it keeps what it has. */
    public void undo() {
        LOCK.lock();
        try {
            if (undone) {
                return;
            }
            moveAll(); // to know those that were made since the last look
            undone = true;
            MOVED.forEach((id, thread) -> {
                if (thread.by.remove(this) && thread.by.isEmpty()) {
                    giveBack(id, thread);
                }
            });
            MOVED.values().removeIf(thread -> thread.by.isEmpty());
        } finally {
            LOCK.unlock();
        }
    }

    private static void giveBack(int id, Moved thread) {
        try {
            if (name(id).equals(thread.name)) {
                ThreadAffinity.set(id, thread.before);
            }
        } catch (NativeCallException endedOrNotAllowed) {
            // It keeps what it has.
        }
    }

    /** What was done so far. */
    public HousekeepingReport report() {
        LOCK.lock();
        try {
            List<JvmThread> done = new ArrayList<>();
            MOVED.forEach((id, thread) -> {
                if (thread.by.contains(this)) {
                    done.add(new JvmThread(id, thread.name, ""));
                }
            });
            return new HousekeepingReport(cpus, done, List.copyOf(notMoved.values()));
        } finally {
            LOCK.unlock();
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
