/** What the public classes of the runtime share and users do not name. */
@NullMarked
package dev.heddle.runtime.internal;

import org.jspecify.annotations.NullMarked;
