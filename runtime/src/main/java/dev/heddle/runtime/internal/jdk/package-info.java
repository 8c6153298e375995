/**
 * What this runtime knows of the JDK beyond its public API, and how it keeps the JDK's own threads off the carriers.
 *
 * <p>{@link dev.heddle.runtime.internal.jdk.VirtualThreadHook} is the one class that touches a non-public member.
 */
@NullMarked
package dev.heddle.runtime.internal.jdk;

import org.jspecify.annotations.NullMarked;
