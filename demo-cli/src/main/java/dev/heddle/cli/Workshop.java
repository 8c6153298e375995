package dev.heddle.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.locks.ReentrantLock;

/** What the tasks of one core share to do their work with: locks to contend for, connections to an echo. */
final class Workshop implements AutoCloseable {
    private static final int CONNECTIONS = 8;
    private static final long SPIN_NANOS = 5_000;
    private static final int SLEEP_NANOS = 100_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Object monitor = new Object();
    private final BlockingQueue<Socket> idle = new ArrayBlockingQueue<>(CONNECTIONS);
    private final List<Socket> sockets = new ArrayList<>();

    /** Opens the connections, if the work needs any. Not to be called on a core: the echo's threads inherit the mask. */
    Workshop(Work work) throws IOException {
        if (work.needsConnections()) {
            try (ServerSocket server = new ServerSocket(0, CONNECTIONS, InetAddress.getLoopbackAddress())) {
                for (int i = 0; i < CONNECTIONS; i++) {
                    Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                    Socket echo = server.accept();
                    client.setTcpNoDelay(true);
                    echo.setTcpNoDelay(true);
                    sockets.add(client);
                    sockets.add(echo);
                    idle.add(client);
                    Thread.ofVirtual().name("echo-" + i).start(() -> echo(echo));
                }
            }
        }
    }

    private static void echo(Socket socket) {
        try {
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException closed) {
            // The end of the run closes both sides.
        }
    }

    /** Does one step. From any thread. */
    void step(Work work) throws InterruptedException {
        switch (work) {
            case SPIN -> spin();
            case YIELD -> Thread.yield();
            case SLEEP -> Thread.sleep(0, SLEEP_NANOS);
            case LOCK -> contend();
            case IO -> exchange();
            case MIXED -> throw new IllegalArgumentException("mixed work is done one kind at a time");
        }
    }

    private static void spin() {
        long start = System.nanoTime();
        while (System.nanoTime() - start < SPIN_NANOS) {
            Thread.onSpinWait();
        }
    }

    private void contend() {
        lock.lock();
        try {
            Thread.yield();
        } finally {
            lock.unlock();
        }
        synchronized (monitor) {
            Thread.yield();
        }
    }

    private void exchange() throws InterruptedException {
        Socket connection = idle.take();
        try {
            OutputStream out = connection.getOutputStream();
            InputStream in = connection.getInputStream();
            out.write(1);
            if (in.read() != 1) {
                throw new IOException("the echo ended");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            idle.add(connection);
        }
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
