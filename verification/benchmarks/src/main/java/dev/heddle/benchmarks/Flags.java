package dev.heddle.benchmarks;

/** What the JVMs that JMH forks are started with. */
final class Flags {
    static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
    static final String OPEN_HOOK = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    static final String EXPORT_CONTINUATION = "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED";
    /** What Agrona's documentation asks for. */
    static final String OPEN_TO_AGRONA = "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED";

    static final String ONE_JDK_CARRIER = "-Djdk.virtualThreadScheduler.parallelism=1";
    static final String ONE_JDK_CARRIER_AT_MOST = "-Djdk.virtualThreadScheduler.maxPoolSize=1";

    private Flags() {}
}
