package dev.heddle.benchmarks;

/** What the JVMs that JMH forks are started with. */
final class Flags {
    static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";
    static final String OPEN_HOOK = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    private Flags() {}
}
