package dev.heddle.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** Unpacks the tars of recorded machines. */
final class RecordedMachine {
    private RecordedMachine() {}

    /** Unpacks one that this project has recorded in a virtual machine. Returns its root. */
    static Path unpackOwn(String name, Path into) throws IOException {
        return unpackGzip(RecordedMachine.class.getResourceAsStream("/machines/" + name + ".tar.gz"), into);
    }

    /** Unpacks what {@code heddle topology --record} wrote. Returns its root. */
    static Path unpackGzip(InputStream compressed, Path into) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new GzipCompressorInputStream(compressed))) {
            unpack(tar, into);
        }
        return into;
    }

    /** Unpacks one whose files stand below a directory of its own. Returns that. */
    static Path unpack(Path file, Path into) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new BZip2CompressorInputStream(new BufferedInputStream(Files.newInputStream(file))))) {
            unpack(tar, into);
        }
        try (var entries = Files.list(into)) {
            return entries.findFirst().orElseThrow();
        }
    }

    private static void unpack(TarArchiveInputStream tar, Path into) throws IOException {
        TarArchiveEntry entry;
        while ((entry = tar.getNextEntry()) != null) {
            Path path = into.resolve(entry.getName()).normalize();
            if (!path.startsWith(into)) {
                throw new IOException("leads out of the directory: " + entry.getName());
            }
            if (entry.isDirectory()) {
                Files.createDirectories(path);
            } else if (entry.isSymbolicLink()) {
                Files.createDirectories(path.getParent());
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else if (entry.isFile()) {
                Files.createDirectories(path.getParent());
                Files.copy(tar, path);
            }
        }
    }
}
