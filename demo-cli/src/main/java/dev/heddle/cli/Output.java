package dev.heddle.cli;

import java.io.IOException;
import java.io.PrintWriter;

/** The standard output of a command. */
final class Output {
    private Output() {}

    /** Throws unless all of it was written: to a disk that is not full, to a pipe that is still read. */
    static void requireWritten(PrintWriter out, String what) throws IOException {
        // The writer stands over System.out, which keeps to itself what went wrong below it.
        if (out.checkError() || System.out.checkError()) {
            throw new IOException(what + " could not be written: standard output is full or closed");
        }
    }
}
