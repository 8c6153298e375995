package dev.heddle.benchmarks.server;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The same service by one platform thread that waits at a selector: no thread for each connection, and no scheduler. What it takes is
 * what sockets that wait in the kernel leave to anyone.
 */
final class SelectorServer implements Runnable {
    /** Two ends of a line. */
    private static final int END_OF_HEAD = 0x0d0a0d0a;

    private static final int LONGEST_REQUEST = 8_192;
    private static final int LONGEST_ANSWER = 65_536;

    private final ServerSocketChannel listener;
    private final Selector selector;
    private final Store store;

    SelectorServer(ServerSocketChannel listener, Store store) throws IOException {
        this.listener = listener;
        this.store = store;
        this.selector = Selector.open();
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
    }

    @Override
    public void run() {
        try {
            while (true) {
                selector.select(this::serve);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void serve(SelectionKey key) {
        if (key.attachment() instanceof Connection connection) {
            connection.serve(key);
        } else {
            accept();
        }
    }

    private void accept() {
        try {
            SocketChannel channel = listener.accept();
            if (channel != null) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                channel.register(selector, SelectionKey.OP_READ, new Connection(channel));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What was read of a connection and not answered, and what was answered and not written. */
    private final class Connection {
        private final SocketChannel channel;
        private final ByteBuffer in = ByteBuffer.allocateDirect(LONGEST_REQUEST);
        private final ByteBuffer out = ByteBuffer.allocateDirect(LONGEST_ANSWER);

        Connection(SocketChannel channel) {
            this.channel = channel;
        }

        void serve(SelectionKey key) {
            try {
                if (key.isReadable() && channel.read(in) < 0) {
                    close();
                    return;
                }
                boolean answered;
                do {
                    answered = answerAll();
                    out.flip();
                    channel.write(out);
                    out.compact();
                } while (answered && out.position() == 0);
                if (!in.hasRemaining()) {
                    throw new IOException("a request is longer than " + LONGEST_REQUEST);
                }
                // one that does not read its answers is not asked for more
                key.interestOps(out.position() == 0 ? SelectionKey.OP_READ : SelectionKey.OP_WRITE);
            } catch (IOException gone) {
                close();
            }
        }

        private void close() {
            try {
                channel.close(); // which cancels its key
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Answers what came in one go, as far as there is room. Returns whether there was any. */
        private boolean answerAll() {
            boolean any = false;
            in.flip();
            while (out.remaining() >= 2 * LONGEST_REQUEST && answerNext()) {
                any = true;
            }
            in.compact();
            return any;
        }

        /** Returns false if there is no whole request. */
        private boolean answerNext() {
            int headEnd = endOfHead();
            if (headEnd < 0) {
                return false;
            }
            byte[] bytes = new byte[headEnd - in.position()];
            in.get(in.position(), bytes);
            String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\r\n", -1);
            int length = HttpServer.contentLength(Arrays.asList(lines).subList(1, lines.length));
            int end = headEnd + Integer.BYTES + length;
            if (end > in.limit()) {
                return false;
            }
            byte[] body = new byte[length];
            in.get(headEnd + Integer.BYTES, body);
            in.position(end);
            out.put(HttpServer.answer(lines[0], body, store));
            return true;
        }

        private int endOfHead() {
            for (int i = in.position(); i + Integer.BYTES <= in.limit(); i++) {
                if (in.getInt(i) == END_OF_HEAD) {
                    return i;
                }
            }
            return -1;
        }
    }
}
