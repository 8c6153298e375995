package dev.heddle.cli;

import dev.heddle.topology.CpuTopology;
import dev.heddle.topology.TopologyRecorder;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Writes a tar of just the files that were read, which is read again as the same machine. */
final class MachineTar {
    private static final byte[] DIRECTORY = {};

    private MachineTar() {}

    /** Reads a machine, and writes what was read of it; compressed, if the file's name says so. */
    static CpuTopology record(Path root, Path file) throws IOException {
        Map<String, byte[]> entries = new TreeMap<>(); // the same machine gives the same bytes
        CpuTopology machine = CpuTopology.read(root, new TopologyRecorder() {
            @Override
            public void directory(String path) {
                entries.put(path + "/", DIRECTORY);
            }

            @Override
            public void file(String path, byte[] content) {
                entries.put(path, content);
            }
        });
        String name = String.valueOf(file.getFileName());
        boolean compressed = name.endsWith(".gz") || name.endsWith(".tgz");
        try (OutputStream plain = new BufferedOutputStream(Files.newOutputStream(file));
                OutputStream stream = compressed ? new GZIPOutputStream(plain) : plain;
                TarArchiveOutputStream tar = new TarArchiveOutputStream(stream)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            entries.forEach((path, content) -> add(tar, path, content));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return machine;
    }

    private static void add(TarArchiveOutputStream tar, String path, byte[] content) {
        try {
            TarArchiveEntry entry = new TarArchiveEntry(path);
            entry.setModTime(0);
            entry.setIds(0, 0);
            entry.setSize(content.length);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
