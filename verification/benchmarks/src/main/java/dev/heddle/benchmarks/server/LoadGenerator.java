package dev.heddle.benchmarks.server;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * Sends requests at a fixed rate, whatever becomes of the answers, and times each from when it was due: a server that stalls is charged
 * for all that should have come meanwhile.
 *
 * <p>One thread, which spins: leave it a CPU, which the server may not use. While that is taken away from it, by other programs, it can
 * say nothing of the server: a request that was due then is not sent, for it would come in a burst with others, and an answer that came
 * then does not count. How many those are is printed, and what the percentile is at least if they count: an answer with all of its delay,
 * what was not sent with the time until this thread had its CPU again.
 */
public final class LoadGenerator {
    private static final byte[] END_OF_HEAD = {'\r', '\n', '\r', '\n'};

    private final Selector selector;
    private final Connection[] connections;
    private final Histogram nanos = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
    private final Histogram nanosWithLeftOut = new Histogram(TimeUnit.MINUTES.toNanos(1), 3);
    private final byte[][] requests;
    private final SplittableRandom random = new SplittableRandom(42);
    private final HoldUps holdUps;
    private long recordFrom;
    private long answers;

    private LoadGenerator(int port, int count, String path, int paths) throws IOException {
        requests = IntStream.rangeClosed(1, paths)
                .mapToObj(number -> "GET " + path.formatted(number) + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .map(request -> request.getBytes(StandardCharsets.ISO_8859_1))
                .toArray(byte[][]::new);
        selector = Selector.open();
        connections = new Connection[count];
        for (int i = 0; i < count; i++) {
            connections[i] = new Connection(port);
        }
        holdUps = new HoldUps(System.nanoTime()); // after all that takes long
    }

    /**
     * Prints a line with {@code name=value} for each of what it measured: the number of answers, how long it took, the percentiles of those
     * that count, how many requests were left out, and the percentile with them.
     *
     * @param args port, path with %d where a number from 1 goes, the largest of those, connections, requests a second, seconds of warm-up, seconds that count
     * @throws IOException if the server goes away, or answers other than with 200
     */
    public static void main(String[] args) throws IOException {
        LoadGenerator load = new LoadGenerator(
                Integer.parseInt(args[0]), Integer.parseInt(args[3]), args[1], Integer.parseInt(args[2]));
        load.run(Double.parseDouble(args[4]), Integer.parseInt(args[5]), Integer.parseInt(args[6]));
        double seconds = (System.nanoTime() - load.recordFrom) / 1e9;
        Histogram nanos = load.nanos;
        System.out.println("answers=" + load.answers
                + " seconds=" + seconds
                + " p50Nanos=" + nanos.getValueAtPercentile(50)
                + " p99Nanos=" + nanos.getValueAtPercentile(99)
                + " p999Nanos=" + nanos.getValueAtPercentile(99.9)
                + " leftOut=" + (load.nanosWithLeftOut.getTotalCount() - nanos.getTotalCount())
                + " p99NanosWithLeftOut=" + load.nanosWithLeftOut.getValueAtPercentile(99));
    }

    private void run(double perSecond, int warmUpSeconds, int seconds) throws IOException {
        long start = System.nanoTime();
        recordFrom = start + TimeUnit.SECONDS.toNanos(warmUpSeconds);
        long requests = (long) ((warmUpSeconds + seconds) * perSecond);
        double interval = 1e9 / perSecond;
        long next = 0;
        long done = 0;
        while (done < requests) {
            long now = look();
            long due;
            while (next < requests && (due = start + (long) (next * interval)) <= now) {
                if (due < holdUps.until()) {
                    leaveOut(due, holdUps.until());
                    done++;
                } else {
                    connections[(int) (next % connections.length)].send(due);
                }
                next++;
            }
            holdUps.beginPass();
            if (selector.selectNow() > 0) {
                for (SelectionKey key : selector.selectedKeys()) {
                    done += ((Connection) key.attachment()).receive();
                    look();
                }
                selector.selectedKeys().clear();
            }
        }
    }

    private long look() {
        long now = System.nanoTime();
        holdUps.look(now);
        return now;
    }

    private void record(long dueNanos, boolean sentLate) {
        long now = look();
        if (dueNanos < recordFrom) {
            return;
        }
        answers++;
        if (sentLate || holdUps.mayHaveDelayedThisPass()) {
            leaveOut(dueNanos, now);
        } else {
            nanos.recordValue(now - dueNanos);
            nanosWithLeftOut.recordValue(now - dueNanos);
        }
    }

    private void leaveOut(long dueNanos, long untilNanos) {
        if (dueNanos >= recordFrom) {
            nanosWithLeftOut.recordValue(untilNanos - dueNanos);
        }
    }

    /** One request at a time; what is due meanwhile waits here. */
    private final class Connection {
        private final SocketChannel channel;
        private final ByteBuffer answer = ByteBuffer.allocate(16_384);

        /** When each of those was due that are not answered; the first has been sent. */
        private final ArrayDeque<Long> due = new ArrayDeque<>();

        /** Whether this thread was held up while it sent that one, or before it could. */
        private boolean sentLate;

        Connection(int port) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
        }

        void send(long dueNanos) throws IOException {
            due.add(dueNanos);
            if (due.size() == 1) {
                write();
            }
        }

        private void write() throws IOException {
            long before = holdUps.until();
            ByteBuffer request = ByteBuffer.wrap(requests[random.nextInt(requests.length)]);
            while (request.hasRemaining()) {
                channel.write(request);
            }
            look();
            sentLate = holdUps.until() != before;
        }

        /** Returns how many answers were completed: 0 or 1. */
        int receive() throws IOException {
            if (channel.read(answer) < 0) {
                throw new EOFException("the server has closed a connection");
            }
            if (!isComplete()) {
                return 0;
            }
            answer.clear();
            record(due.remove(), sentLate);
            if (!due.isEmpty()) {
                boolean heldBack = holdUps.mayHaveDelayedThisPass(); // the answer before it, and so this request
                write();
                sentLate |= heldBack;
            }
            return 1;
        }

        private boolean isComplete() throws IOException {
            int end = endOfHead();
            if (end < 0) {
                return false;
            }
            String head = new String(answer.array(), 0, end, StandardCharsets.ISO_8859_1);
            if (!head.startsWith("HTTP/1.1 200 ")) {
                throw new IOException("the server answered: " + head);
            }
            int at = head.indexOf("Content-Length: ") + "Content-Length: ".length();
            int length = Integer.parseInt(head.substring(at, head.indexOf('\r', at)));
            return answer.position() >= end + length;
        }

        private int endOfHead() {
            for (int i = 0; i + END_OF_HEAD.length <= answer.position(); i++) {
                if (Arrays.equals(answer.array(), i, i + END_OF_HEAD.length, END_OF_HEAD, 0, END_OF_HEAD.length)) {
                    return i + END_OF_HEAD.length;
                }
            }
            return -1;
        }
    }
}
