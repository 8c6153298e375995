/** One question for each class, with its baselines in the same run. */
@NullMarked
package dev.heddle.benchmarks;

import org.jspecify.annotations.NullMarked;
