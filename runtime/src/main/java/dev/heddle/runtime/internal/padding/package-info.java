/**
 * Words that share their cache line with nothing: for what one thread writes often while others read or write what would lie beside it.
 *
 * <p>128 bytes lie before and after each, two lines, because processors fetch lines in pairs. The layout of objects is the JVM's: fields of a
 * superclass come before those of its subclasses, and bytes leave no gap for others to fill. {@code PaddingTest} holds the
 * distances.
 */
@NullMarked
package dev.heddle.runtime.internal.padding;

import org.jspecify.annotations.NullMarked;
