package dev.heddle.runtime;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/** A named pipe: a read of it sleeps in the kernel, on the carrier, until somebody writes. */
final class Fifo implements AutoCloseable {
    private final Path path;
    private final FileOutputStream out;
    private final FileInputStream in;

    Fifo(Path folder) throws IOException, InterruptedException {
        path = folder.resolve("fifo-" + Long.toHexString(System.nanoTime()));
        if (new ProcessBuilder("mkfifo", path.toString()).inheritIO().start().waitFor() != 0) {
            throw new IOException("mkfifo failed");
        }
        RandomAccessFile both = new RandomAccessFile(path.toFile(), "rw"); // no open waits while the other end is open
        in = new FileInputStream(path.toFile());
        out = new FileOutputStream(path.toFile());
        both.close();
    }

    /** Blocks the carrier until there is a byte. */
    int read() throws IOException {
        return in.read();
    }

    void write() throws IOException {
        out.write(1);
    }

    @Override
    public void close() throws IOException {
        out.close();
        in.close();
        Files.delete(path);
    }
}
