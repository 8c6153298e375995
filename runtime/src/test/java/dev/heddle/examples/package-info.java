/** The code of README and docs: it is compiled and run here, and DocumentationTest compares the two. */
@NullMarked
package dev.heddle.examples;

import org.jspecify.annotations.NullMarked;
