/**
 * jcstress on the protocols that tasks rely on.
 *
 * <p>{@code shipped} runs the shipped classes: its forbidden outcomes must never occur. {@code weakened} runs, for each of
 * them, the same test on a variant that lacks one ordering or one atomic step: it must be seen to fail, which shows that
 * the test can.
 *
 * <p>{@code java -jar verification/stress/target/stress.jar -t shipped}
 */
@NullMarked
package dev.heddle.stress;

import org.jspecify.annotations.NullMarked;
