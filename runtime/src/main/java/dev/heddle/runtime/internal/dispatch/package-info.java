/**
 * Cores and their carriers: the channel's other end, the dispatch loop, rest and waking.
 *
 * <pre>
 *   sender: execute(continuation)                 carrier: dispatch loop
 *     1. channel.offer                              1. channel.poll ... run what it returns
 *     2. look at the owner's state                  2. nothing there: announce the rest (PARKED or RETIRED)
 *     3. PARKED: wake it; RETIRED: start another    3. look at the channel again; something there: awake after all
 * </pre>
 *
 * <p>Both sides' steps 1, 2 and 2, 3 are volatile accesses, which are in one order: either the sender sees the rest
 * announced or the carrier sees the item (INV-5).
 */
@NullMarked
package dev.heddle.runtime.internal.dispatch;

import org.jspecify.annotations.NullMarked;
