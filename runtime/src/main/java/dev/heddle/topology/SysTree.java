package dev.heddle.topology;

import dev.heddle.affinity.CpuSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The files of {@code /sys} and {@code /proc} below a root. A file that is not there is no answer; one that is there and
 * cannot be read or understood is noted, and no answer either. For one thread.
 */
final class SysTree {
    /** What the kernel prints for a mask that was never made. */
    private static final String NO_MASK = "(null)";

    private static final int BITS_OF_WORD = 32;
    private static final int DIGITS_OF_WORD = BITS_OF_WORD / 4;

    private final Path root;
    private final TopologyRecorder recorder;
    private final List<ReadProblem> problems = new ArrayList<>();

    SysTree(Path root, TopologyRecorder recorder) {
        this.root = root;
        this.recorder = recorder;
    }

    List<ReadProblem> problems() {
        return List.copyOf(problems);
    }

    void report(String path, String problem) {
        problems.add(new ReadProblem(Path.of("/" + path), problem));
    }

    boolean isDirectory(String path) {
        boolean directory = Files.isDirectory(root.resolve(path));
        if (directory) {
            recorder.directory(path);
        }
        return directory;
    }

    /** The numbers N of the directories {@code PREFIXN} in a directory, lowest first. */
    List<Integer> numberedDirectories(String path, String prefix) {
        TreeSet<Integer> numbers = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.resolve(path), prefix + "[0-9]*")) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                String digits = name.substring(prefix.length());
                if (digits.length() <= 6 && digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
                    numbers.add(Integer.parseInt(digits));
                    recorder.directory(path + "/" + name);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException absent) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            report(path, "cannot be listed: " + reason(e));
        }
        return List.copyOf(numbers);
    }

    /** The names of the directories in a directory. */
    List<String> directories(String path) {
        TreeSet<String> names = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root.resolve(path), Files::isDirectory)) {
            entries.forEach(entry -> names.add(String.valueOf(entry.getFileName())));
        } catch (NoSuchFileException | NotDirectoryException absent) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            report(path, "cannot be listed: " + reason(e));
        }
        return List.copyOf(names);
    }

    /** What a file holds, up to the first NUL; null if it is not there or cannot be read. */
    @Nullable
    String text(String path) {
        try {
            byte[] content = Files.readAllBytes(root.resolve(path));
            recorder.file(path, content);
            String text = new String(content, StandardCharsets.ISO_8859_1);
            int end = text.indexOf(0);
            return end < 0 ? text : text.substring(0, end);
        } catch (NoSuchFileException absent) {
            return null;
        } catch (IOException e) {
            if (!isBelowAFile(e)) {
                report(path, "cannot be read: " + reason(e));
            }
            return null;
        }
    }

    List<String> lines(String path) {
        String text = text(path);
        return text == null ? List.of() : text.lines().toList();
    }

    /** The first word of a file, empty if there is none; null if there is no such file. */
    @Nullable
    String word(String path) {
        String text = text(path);
        return text == null ? null : text.strip().lines().findFirst().orElse("").strip();
    }

    /** A whole number that is not negative. */
    OptionalLong number(String path) {
        String word = word(path);
        if (word == null || word.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseLong(word);
            if (value >= 0) {
                return OptionalLong.of(value);
            }
        } catch (NumberFormatException e) {
            report(path, "expected a number, found '" + word + "'");
        }
        return OptionalLong.empty();
    }

    /** As {@link #number}, for one that fits. */
    OptionalInt smallNumber(String path) {
        OptionalLong value = number(path);
        return value.isPresent() && value.getAsLong() <= Integer.MAX_VALUE
                ? OptionalInt.of((int) value.getAsLong())
                : OptionalInt.empty();
    }

    /** A list of CPUs or nodes, {@code 0-3,8}. */
    @Nullable
    CpuSet list(String path) {
        String text = text(path);
        if (text == null || text.strip().equals(NO_MASK)) {
            return null;
        }
        try {
            return CpuSet.parse(text.strip());
        } catch (IllegalArgumentException e) {
            report(path, String.valueOf(e.getMessage()));
            return null;
        }
    }

    /**
     * A set of CPUs from the first that is there: a mask, {@code ff} or {@code 3,00000000}, or beside it a list. Old kernels
     * have no lists, and some write words of fewer digits.
     */
    @Nullable
    CpuSet mask(String path, String listPath) {
        String text = text(path);
        if (text == null) {
            return list(listPath);
        }
        String stripped = text.strip();
        if (stripped.isEmpty() || stripped.equals(NO_MASK)) {
            return CpuSet.empty();
        }
        try {
            return parseMask(stripped);
        } catch (IllegalArgumentException e) {
            report(path, "expected a hexadecimal mask, found '" + stripped + "'");
            return list(listPath);
        }
    }

    private static CpuSet parseMask(String text) {
        String[] parts = text.split(",", -1);
        long[] words = new long[(parts.length + 1) / 2];
        for (int i = 0; i < parts.length; i++) {
            String word = parts[parts.length - 1 - i].strip();
            if (word.length() > DIGITS_OF_WORD) {
                throw new IllegalArgumentException(word);
            }
            words[i / 2] |= Integer.toUnsignedLong(Integer.parseUnsignedInt(word, 16)) << ((i % 2) * BITS_OF_WORD);
        }
        return CpuSet.copyOf(words);
    }

    private static boolean isBelowAFile(IOException e) {
        return e instanceof FileSystemException failure && "Not a directory".equals(failure.getReason());
    }

    private static String reason(Exception e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        String reason = e instanceof FileSystemException failure ? failure.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason;
    }
}
