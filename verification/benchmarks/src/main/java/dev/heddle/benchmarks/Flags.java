package dev.heddle.benchmarks;

/** What the JVMs that JMH forks are started with. */
final class Flags {
    static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
    static final String OPEN_HOOK = "--add-opens=java.base/java.lang=ALL-UNNAMED";
    static final String EXPORT_CONTINUATION = "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED";

    /** What Agrona's documentation asks for. */
    static final String OPEN_TO_AGRONA = "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED";

    /**
     * With the next two: a heap of one size, all of which has been touched. Else the collection before each iteration, of what
     * came before it, shrinks it as well, and what is timed is how it grows again: a page of memory that is touched for the
     * first time takes a virtual machine microseconds.
     */
    static final String HEAP = "-Xms1g";

    static final String HEAP_AT_MOST = "-Xmx1g";
    static final String HEAP_TOUCHED = "-XX:+AlwaysPreTouch";

    private Flags() {}
}
