/**
 * Where runnable continuations wait beside the {@linkplain dev.heddle.runtime.internal.channel channel} of a core.
 *
 * <pre>
 *   LocalQueue         one core's PINNED work that its own carrier made runnable     owner only
 *   StealableRunQueue  one core's ANY work: a ring of 256                            owner at both ends, thieves at the old one
 *   SharedRunQueue     ANY work of no core, the global queue; one core's PREFERRED   anyone
 * </pre>
 *
 * <p>What came before an item was put in happens-before what follows its being taken out, whoever does either.
 */
@NullMarked
package dev.heddle.runtime.internal.queue;

import org.jspecify.annotations.NullMarked;
