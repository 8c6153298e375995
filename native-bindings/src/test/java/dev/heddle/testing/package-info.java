/** What the tests of several modules share. */
@NullMarked
package dev.heddle.testing;

import org.jspecify.annotations.NullMarked;
