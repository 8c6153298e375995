/** How CPUs are chosen from a machine: the steps of a placement, and their text. */
@NullMarked
package dev.heddle.runtime.internal.placement;

import org.jspecify.annotations.NullMarked;
