/** Weakened variants: each must be seen to fail. */
@NullMarked
package dev.heddle.stress.weakened;

import org.jspecify.annotations.NullMarked;
