/**
 * CPU sets, and the CPU affinity of Linux threads, called directly through the JDK's Foreign Function and Memory API.
 *
 * <p>Run with {@code --enable-native-access=dev.heddle.affinity} (module path) or
 * {@code --enable-native-access=ALL-UNNAMED} (class path).
 */
@SuppressWarnings("module") // this module is compiled before the one that it lets in
module dev.heddle.affinity {
    requires static transitive org.jspecify;

    exports dev.heddle.affinity;
    exports dev.heddle.affinity.internal to
            dev.heddle.runtime;
}
