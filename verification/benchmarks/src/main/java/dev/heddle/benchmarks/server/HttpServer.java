package dev.heddle.benchmarks.server;

import dev.heddle.affinity.CpuSet;
import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.CoreManagerBuilder;
import dev.heddle.runtime.IdleStrategy;
import dev.heddle.runtime.TaskMode;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Just enough of HTTP/1.1: an echo and a keyed store, on loopback, with a virtual thread for each connection, which reads and writes
 * blocking sockets.
 *
 * <pre>
 *   GET /echo/TEXT   answers TEXT
 *   GET /keys/KEY    answers what was put there, or 404
 *   PUT /keys/KEY    puts the body there
 * </pre>
 */
public final class HttpServer {
    private static final int LONGEST_LINE = 8_192;
    private static final byte[] NOTHING = {};

    private HttpServer() {}

    /**
     * Serves until its standard input ends. The first line of its output is the port.
     *
     * @param args {@code HEDDLE}, {@code HEDDLE_BUSY_SPIN}, {@code JDK_VIRTUAL} or {@code SELECTOR}
     * @throws IOException if there is no port
     */
    public static void main(String[] args) throws IOException {
        ServerSocket listener =
                args[0].equals("SELECTOR") ? ServerSocketChannel.open().socket() : new ServerSocket();
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_024);
        Thread acceptor = switch (args[0]) {
            case "HEDDLE" -> onCores(listener, CoreManager.builder());
            case "HEDDLE_BUSY_SPIN" -> onCores(listener, CoreManager.builder().idleStrategy(IdleStrategy.busySpin()));
            case "JDK_VIRTUAL" -> onTheJdk(listener);
            case "SELECTOR" -> new Thread(new SelectorServer(listener.getChannel(), new Store.Shared()));
            default -> throw new IllegalArgumentException("no such scheduler: " + args[0]);
        };
        acceptor.setDaemon(true);
        acceptor.setUncaughtExceptionHandler((thread, failure) -> {
            failure.printStackTrace();
            System.exit(1); // or who waits for a connection waits for ever
        });
        acceptor.start();
        System.out.println(listener.getLocalPort());
        while (System.in.read() >= 0) {
            // until whoever started it is gone
        }
        System.exit(0);
    }

    /** Each connection on a core, in turn; each key on a core. */
    private static Thread onCores(ServerSocket listener, CoreManagerBuilder builder) {
        CpuSet cpus = ThreadAffinity.ofProcess();
        CoreManager cores = builder.mode(TaskMode.VIRTUAL).cores(cpus).start();

        int[] numbers = cpus.toArray();
        Store.OnCores store = new Store.OnCores(cores, numbers);
        return new Thread(() -> {
            for (int i = 0; ; i = (i + 1) % numbers.length) {
                Socket connection = accept(listener);
                int core = i;
                cores.on(numbers[core]).start(() -> serve(connection, store.seenFrom(core)));
            }
        });
    }

    private static Thread onTheJdk(ServerSocket listener) {
        Store store = new Store.Shared();
        return new Thread(() -> {
            while (true) {
                Socket connection = accept(listener);
                Thread.startVirtualThread(() -> serve(connection, store));
            }
        });
    }

    private static Socket accept(ServerSocket listener) {
        try {
            Socket connection = listener.accept();
            connection.setTcpNoDelay(true);
            return connection;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void serve(Socket connection, Store store) {
        try (connection;
                InputStream in = new BufferedInputStream(connection.getInputStream());
                OutputStream out = new BufferedOutputStream(connection.getOutputStream())) {
            String line;
            while ((line = readLine(in)) != null) {
                out.write(answer(line, readBody(in), store));
                if (in.available() == 0) {
                    out.flush(); // what was sent in one go is answered in one go
                }
            }
        } catch (IOException gone) {
            // so is the connection
        }
    }

    /** Does what a request asks for, and returns all of the answer. */
    static byte[] answer(String line, byte[] body, Store store) {
        String[] words = line.split(" ", 3);
        String path = words.length > 1 ? words[1] : "";
        byte @Nullable [] found = null;
        if (path.startsWith("/echo/")) {
            found = path.substring("/echo/".length()).getBytes(StandardCharsets.ISO_8859_1);
        } else if (path.startsWith("/keys/")) {
            String key = path.substring("/keys/".length());
            if (words[0].equals("PUT")) {
                store.put(key, body);
                found = NOTHING;
            } else {
                found = store.get(key);
            }
        }
        byte[] content = found == null ? NOTHING : found;
        byte[] head = ("HTTP/1.1 " + (found == null ? "404 Not Found" : "200 OK") + "\r\nContent-Length: "
                        + content.length + "\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = Arrays.copyOf(head, head.length + content.length);
        System.arraycopy(content, 0, all, head.length, content.length);
        return all;
    }

    /** Returns the length that one of the headers announces, or 0. */
    static int contentLength(Iterable<String> headers) {
        int length = 0;
        for (String header : headers) {
            String name = header.toLowerCase(Locale.ROOT);
            if (name.startsWith("content-length:")) {
                length = Integer.parseInt(
                        header.substring("content-length:".length()).trim());
            }
        }
        return length;
    }

    /** Reads the headers to their end, and the body that they announce. */
    private static byte[] readBody(InputStream in) throws IOException {
        List<String> headers = new ArrayList<>();
        String header;
        while ((header = readLine(in)) != null && !header.isEmpty()) {
            headers.add(header);
        }
        int length = contentLength(headers);
        return length == 0 ? NOTHING : in.readNBytes(length);
    }

    private static @Nullable String readLine(InputStream in) throws IOException {
        byte[] line = new byte[256];
        int length = 0;
        int next;
        while ((next = in.read()) != '\n') {
            if (next < 0) {
                return null;
            }
            if (length == LONGEST_LINE) {
                throw new IOException("a line is longer than " + LONGEST_LINE);
            }
            if (length == line.length) {
                line = Arrays.copyOf(line, 2 * length);
            }
            line[length++] = (byte) next;
        }
        int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
        return new String(line, 0, end, StandardCharsets.ISO_8859_1);
    }
}
