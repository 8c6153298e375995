package dev.heddle.topology;

/**
 * Is told of every directory and file that {@link CpuTopology#read(java.nio.file.Path, TopologyRecorder)} looked into: a
 * tree of just those is read again as the same machine. Called by the reading thread; what it throws ends the reading.
 */
public interface TopologyRecorder {
    /** One that keeps nothing. */
    TopologyRecorder NONE = new TopologyRecorder() {
        @Override
        public void directory(String path) {}

        @Override
        public void file(String path, byte[] content) {}
    };

    /**
     * A directory was found.
     *
     * @param path relative to the root, without a slash at either end; the same one may come several times
     */
    void directory(String path);

    /**
     * A file was read.
     *
     * @param path relative to the root, without a slash at either end; the same one may come several times
     * @param content all of it
     */
    void file(String path, byte[] content);
}
