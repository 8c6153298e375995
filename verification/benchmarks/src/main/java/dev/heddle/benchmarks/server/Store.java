package dev.heddle.benchmarks.server;

import dev.heddle.runtime.CoreManager;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Values by their keys. */
interface Store {
    byte @Nullable [] get(String key);

    void put(String key, byte[] value);

    /** One map for all threads. */
    final class Shared implements Store {
        private final Map<String, byte[]> map = new ConcurrentHashMap<>();

        @Override
        public byte @Nullable [] get(String key) {
            return map.get(key);
        }

        @Override
        public void put(String key, byte[] value) {
            map.put(key, value);
        }
    }

    /**
     * A map for each core, touched by tasks of that core only. Not a {@code HashMap}: after a hand-over two tasks of a core may run at once, and
     * an exclusive core, which is never handed over, asks for no sockets.
     */
    final class OnCores {
        private final CoreManager cores;
        private final int[] cpus;
        private final Map<String, byte[]>[] maps;

        @SuppressWarnings("unchecked")
        OnCores(CoreManager cores, int[] cpus) {
            this.cores = cores;
            this.cpus = cpus;
            this.maps =
                    Stream.generate(ConcurrentHashMap::new).limit(cpus.length).toArray(Map[]::new);
        }

        /** The store, for tasks of a core: what is another core's they ask of a task there. */
        Store seenFrom(int core) {
            return new Store() {
                @Override
                public byte @Nullable [] get(String key) {
                    int owner = owner(key);
                    return owner == core ? maps[owner].get(key) : ask(owner, () -> maps[owner].get(key));
                }

                @Override
                public void put(String key, byte[] value) {
                    int owner = owner(key);
                    if (owner == core) {
                        maps[owner].put(key, value);
                    } else {
                        ask(owner, () -> maps[owner].put(key, value));
                    }
                }
            };
        }

        private int owner(String key) {
            return Math.floorMod(key.hashCode(), maps.length);
        }

        private <T extends @Nullable Object> T ask(int owner, Callable<T> question) {
            try {
                return cores.on(cpus[owner]).submit(question).get();
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
