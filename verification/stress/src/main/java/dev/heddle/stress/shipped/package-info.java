/** The shipped classes: no forbidden outcome may occur. */
@NullMarked
package dev.heddle.stress.shipped;

import org.jspecify.annotations.NullMarked;
