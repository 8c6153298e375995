/**
 * The way into a core from outside.
 *
 * <p>What came before an {@code offer} happens-before what follows the {@code poll} that returns the item.
 */
@NullMarked
package dev.heddle.runtime.internal.channel;

import org.jspecify.annotations.NullMarked;
