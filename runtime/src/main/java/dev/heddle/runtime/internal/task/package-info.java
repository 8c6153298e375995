/**
 * Tasks from admission to end: who may start, who is alive, who is told to stop.
 *
 * <pre>
 *   start -> Admission (a place, or wait, or refuse) -> TaskGroup.tryEnter (open?) -> thread started
 *                                                                                       |
 *   ended, and out of the books <- TaskGroup.end <- the body runs <- TaskGroup.begin <- first run: place given back
 * </pre>
 *
 * <p><b>Memory consistency.</b> What a thread does before it starts a task happens-before what the task does. What a
 * task does happens-before the return of a successful {@link dev.heddle.runtime.internal.task.TaskGroup#await}.
 */
@NullMarked
package dev.heddle.runtime.internal.task;

import org.jspecify.annotations.NullMarked;
