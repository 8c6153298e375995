/**
 * The {@code heddle} command: one class for each subcommand.
 *
 * <p>Data goes to standard output, messages to standard error. Exit codes: 0 well; 1 a sample was misplaced; 2 bad usage;
 * 69 this machine or JVM cannot do it; 70 a task failed, or the
 * report could not be written.
 */
@NullMarked
package dev.heddle.cli;

import org.jspecify.annotations.NullMarked;
