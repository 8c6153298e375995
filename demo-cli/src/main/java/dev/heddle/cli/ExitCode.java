package dev.heddle.cli;

/** How the program ends, after {@code sysexits.h} where it has a word for it. */
final class ExitCode {
    static final int OK = 0;
    static final int MISPLACED = 1;
    static final int INVARIANT_BROKEN = 1;
    static final int UNFIT = 1;
    static final int USAGE = 2;
    static final int UNAVAILABLE = 69;
    static final int SOFTWARE = 70;

    private ExitCode() {}
}
