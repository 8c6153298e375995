/**
 * What this runtime knows of the JDK beyond its public API, and how it keeps the JDK's own threads off the carriers.
 *
 * <p>{@link dev.heddle.runtime.internal.jdk.VirtualThreadHook} and {@link dev.heddle.runtime.internal.jdk.ThreadContainer} are the
 * classes that touch non-public members.
 */
@NullMarked
package dev.heddle.runtime.internal.jdk;

import org.jspecify.annotations.NullMarked;
