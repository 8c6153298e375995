/**
 * Virtual threads on the CPU cores their author chose.
 *
 * <p>Virtual mode needs the JDK's scheduler hook: run with {@code --add-opens java.base/java.lang=dev.heddle.runtime}
 * (module path) or {@code --add-opens java.base/java.lang=ALL-UNNAMED} (class path).
 */
module dev.heddle.runtime {
    requires transitive dev.heddle.affinity;
    requires jdk.jfr;
    requires static transitive org.jspecify;

    exports dev.heddle.runtime;
    exports dev.heddle.topology;
}
