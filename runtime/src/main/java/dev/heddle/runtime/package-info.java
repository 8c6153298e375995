/**
 * Virtual threads on the CPU cores their author chose.
 *
 * <pre>
 *   CoreManager.builder() ... start()
 *        |
 *        on(3) --> Core --> start(Runnable)      a Thread
 *                       --> submit(Callable)     a Future
 *                       --> executor()           an ExecutorService of its own
 *                       --> threadFactory()      for whatever takes a factory
 *                       --> preferred()  --> the same, on core 3 if it can
 *        anywhere() --> the same, on any core
 * </pre>
 *
 * <p>A task runs as a virtual thread. Its carrier, the platform thread under it, is pinned to the core's CPU; the task
 * never has another. So it is on that CPU every time it looks, after every sleep, lock, channel and socket.
 *
 * <p><b>Memory consistency.</b> Actions of a thread before it starts or submits a task happen-before the actions of the
 * task. Actions of a task happen-before the return of {@code Future.get}, {@code Thread.join}, and of the methods that
 * wait for an executor's or the manager's termination. That two tasks share a core orders nothing between them by itself:
 * they are threads.
 */
@NullMarked
package dev.heddle.runtime;

import org.jspecify.annotations.NullMarked;
