/**
 * The native edge: the hand-written layer over the generated bindings.
 *
 * <p>It links only what it calls, captures {@code errno} where the C function sets it, and turns every failure into a
 * {@link dev.heddle.affinity.NativeCallException}. Nothing here holds state but the linked handles.
 */
@NullMarked
package dev.heddle.affinity.internal;

import org.jspecify.annotations.NullMarked;
