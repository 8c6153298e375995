package dev.heddle.topology;

import java.nio.file.Path;

/**
 * A file that was there and did not tell what it should: unreadable, malformed, or against what another one says. The rest
 * of the machine was read without it.
 *
 * @param file its path, below the root that was read
 * @param problem what was wrong
 */
public record ReadProblem(Path file, String problem) {
    /** Returns {@code file: problem}. */
    @Override
    public String toString() {
        return file + ": " + problem;
    }
}
