/**
 * Cores and their carriers: the dispatch loop, rest and waking, stealing, hand-over, the monitor.
 *
 * <pre>
 *   sender: execute(continuation)                 carrier: dispatch loop
 *     1. channel.offer                              1. channel.poll ... run what it returns
 *     2. look at the owner's state                  2. nothing there: announce the rest (PARKED or VACANT)
 *     3. PARKED: wake it; VACANT: seat another      3. look at the queues again; something there: awake after all
 * </pre>
 *
 * <p>Both sides' steps 1, 2 and 2, 3 are volatile accesses, which are in one order: either the sender sees the rest
 * announced or the carrier sees the item (INV-5).
 *
 * <pre>
 *   CoreBackend  Scheduler         ------ Searchers, Monitor, the global queue
 *                  VirtualCoreContext --- OwnerState (at rest), Lease (awake), RunQueues, WorkSearch, SpinningOwner,
 *                                         HeldPollers, CarrierPool
 *                    CarrierThread        the dispatch loop
 *                PlatformBackend          tasks as platform threads
 *                SequencedBackend         one task at a time, for tests
 * </pre>
 */
@NullMarked
package dev.heddle.runtime.internal.dispatch;

import org.jspecify.annotations.NullMarked;
