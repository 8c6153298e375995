package dev.heddle.benchmarks.suite;

import java.util.Arrays;
import java.util.Locale;

/** A part of the suite, with the question that it answers. */
enum Group {
    PLACEMENT("Is a task on the core that was asked for, every time it looks?", "Placement"),
    SWITCH("What does it cost to let another task run, on the same core and across?", "Yield|PingPong"),
    SPAWN("What does it cost to start a task, and that one to run and end?", "Spawn|SpawnMillion|Skynet"),
    DISPATCH(
            "How soon does a task begin that is sent to a core, and how many can be sent?", "DispatchLatency|Dispatch"),
    BLOCKED("What does a task cost that is parked?", "Parked"),
    LOCALITY("What does it bring to keep data on a core of its own?", "Locality"),
    SERVER("What do connections on chosen cores bring to a server with blocking sockets?", "Server"),
    HANDOVER("How late is a task while others block in native calls or compute?", "HandOver"),
    AFFINITY("What does it cost to ask which CPU one is on, and to pin oneself?", "CurrentCpu|SetAffinity");

    private final String question;
    /** Names of its classes, as alternatives of a regular expression. */
    private final String classes;

    Group(String question, String classes) {
        this.question = question;
        this.classes = classes;
    }

    String question() {
        return question;
    }

    /** Its benchmarks, as a regular expression for JMH. */
    String pattern() {
        return "dev\\.heddle\\.benchmarks\\.(" + classes + ")\\.";
    }

    /** Whether what it measures depends on how far the CPUs are from each other. */
    boolean dependsOnDistance() {
        return switch (this) {
            case SWITCH, SPAWN, DISPATCH, LOCALITY, SERVER -> true;
            case PLACEMENT, BLOCKED, HANDOVER, AFFINITY -> false;
        };
    }

    /** Whether a benchmark, {@code Class.method} or a class, is of this group. */
    boolean has(String benchmark) {
        return benchmark.matches("(" + classes + ")(\\..*)?");
    }

    static Group named(String name) {
        return Arrays.stream(values())
                .filter(group -> group.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no group '" + name + "'. There are "
                        + String.join(
                                ", ",
                                Arrays.stream(values()).map(Group::toString).toList())));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
