/**
 * {@code heddle bench}: runs the benchmarks and what stands beside them in rounds, and makes a report of what they left.
 *
 * <pre>
 *   BenchCommand -> Rounds -> raw/*.json -> RawRun -> MarkdownReport, Charts
 *                    JMH, Go, C             any time later, from the same files
 * </pre>
 */
@NullMarked
package dev.heddle.benchmarks.suite;

import org.jspecify.annotations.NullMarked;
