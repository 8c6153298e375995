package dev.heddle.cli;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** What the tasks of a soak share: a lock, a monitor, a channel, connections, and a pipe whose reads sleep in the kernel. */
final class SoakResources implements AutoCloseable {
    private static final int CONNECTIONS = 8;
    private static final long POLL_NANOS = 100_000;

    final ReentrantLock lock = new ReentrantLock();
    final Object monitor = new Object();
    final BlockingQueue<Integer> channel = new LinkedBlockingQueue<>();
    private final ServerSocket server = new ServerSocket(0, CONNECTIONS, InetAddress.getLoopbackAddress());
    private final BlockingQueue<Socket> connections = new LinkedBlockingQueue<>();

    /**
     * When a byte is due in the pipe, in nanoseconds. No lock: who reads holds up its core, and where that is exclusive the writer would
     * wait for ever for a task of that core which the lock was given to.
     */
    private final ConcurrentLinkedQueue<Long> due = new ConcurrentLinkedQueue<>();

    private volatile boolean closed;
    private final Path folder = Files.createTempDirectory("heddle-soak");
    private final Path fifo = folder.resolve("fifo");
    private final FileInputStream in;
    private final FileOutputStream out;

    SoakResources() throws IOException, InterruptedException {
        if (new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor() != 0) {
            throw new IOException("mkfifo could not make " + fifo);
        }
        RandomAccessFile both = new RandomAccessFile(fifo.toFile(), "rw"); // no open waits while the other end is open
        in = new FileInputStream(fifo.toFile());
        out = new FileOutputStream(fifo.toFile());
        both.close();
        Thread.ofPlatform().daemon().name("heddle-soak-writer").start(this::write);
        Thread.ofVirtual().start(this::serve);
        for (int i = 0; i < CONNECTIONS; i++) {
            connections.add(connect());
        }
    }

    private Socket connect() throws IOException {
        return new Socket(server.getInetAddress(), server.getLocalPort());
    }

    private void serve() {
        try {
            while (true) {
                Socket client = server.accept();
                Thread.ofVirtual().start(() -> echo(client));
            }
        } catch (IOException closed) {
            // The end of the soak closes the server.
        }
    }

    private static void echo(Socket client) {
        try (client) {
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException closed) {
            // by an interrupt of the other side, or the end of the soak
        }
    }

    /** Sends a byte over a connection and waits for it to come back. An interrupt closes the socket, as the JDK says. */
    void exchange() throws IOException, InterruptedException {
        Socket connection = connections.take();
        try {
            if (connection.isClosed()) {
                connection = connect();
            }
            connection.getOutputStream().write(1);
            if (connection.getInputStream().read() != 1) {
                throw new IOException("the echo ended");
            }
        } catch (IOException e) {
            connection.close();
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            throw e;
        } finally {
            connections.add(connection);
        }
    }

    /** Reads a byte that comes after a while. Blocks the carrier. */
    void readLater(long micros) throws IOException {
        due.add(System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(micros));
        if (in.read() != 1) {
            throw new IOException("the pipe ended");
        }
    }

    /**
     * In the order of the readers: one that is due later holds up those behind it by its own while at most. Where it fails it ends the
     * pipe for them.
     */
    private void write() {
        try (out) {
            while (!closed) {
                Long next = due.poll();
                long wait = next == null ? POLL_NANOS : next - System.nanoTime();
                if (wait > 0) {
                    LockSupport.parkNanos(wait);
                }
                if (next != null) {
                    out.write(1);
                }
            }
        } catch (IOException e) {
            if (!closed) {
                throw new UncheckedIOException("the pipe could not be written", e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        server.close();
        for (Socket connection : connections) {
            connection.close();
        }
        out.close();
        in.close();
        Files.delete(fifo);
        Files.delete(folder);
    }
}
