package dev.heddle.cli;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** What the tasks of a soak share: a lock, a monitor, a channel, connections, and a pipe whose reads sleep in the kernel. */
final class SoakResources implements AutoCloseable {
    private static final int CONNECTIONS = 8;

    final ReentrantLock lock = new ReentrantLock();
    final Object monitor = new Object();
    final BlockingQueue<Integer> channel = new LinkedBlockingQueue<>();
    private final ServerSocket server = new ServerSocket(0, CONNECTIONS, InetAddress.getLoopbackAddress());
    private final BlockingQueue<Socket> connections = new LinkedBlockingQueue<>();
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());
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
    int readLater(long micros) throws IOException {
        Future<Integer> write = writer.schedule(
                () -> {
                    out.write(1);
                    return 1;
                },
                micros,
                TimeUnit.MICROSECONDS);
        int read = in.read();
        if (write.state() == Future.State.FAILED) {
            throw new IOException("the pipe could not be written", write.exceptionNow());
        }
        return read;
    }

    @Override
    public void close() throws IOException {
        writer.shutdownNow();
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
