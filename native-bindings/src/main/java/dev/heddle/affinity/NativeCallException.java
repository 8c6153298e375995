package dev.heddle.affinity;

import dev.heddle.affinity.internal.Errno;

/**
 * A native call that failed, or that returned well and did not do what was asked.
 *
 * <p>The message says what was called with which arguments, the error's name and number, and what to do about it.
 */
public final class NativeCallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The C function. */
    private final String call;

    /** Its arguments, as text. */
    private final String arguments;

    /** The error number, 0 if the call itself returned well. */
    private final int errno;

    /**
     * Makes the exception of one failed call.
     *
     * @param call the C function, {@code sched_setaffinity}
     * @param arguments its arguments, as text: {@code tid=7, cpus=0-3}
     * @param errno the error number, 0 if the call returned well but its effect did not hold
     * @param hint what is so and what to do
     */
    public NativeCallException(String call, String arguments, int errno, String hint) {
        super(call + "(" + arguments + ") "
                + (errno == 0 ? "did not hold" : "failed with " + Errno.name(errno) + " (" + errno + ")") + ": "
                + hint);
        this.call = call;
        this.arguments = arguments;
        this.errno = errno;
    }

    /**
     * Returns the C function that was called.
     *
     * @return its name
     */
    public String call() {
        return call;
    }

    /**
     * Returns the arguments of the call.
     *
     * @return them, as text
     */
    public String arguments() {
        return arguments;
    }

    /**
     * Returns the error number of the call, as in {@code errno(3)}.
     *
     * @return the number, 0 if the call returned well but its effect did not hold
     */
    public int errno() {
        return errno;
    }

    /**
     * Returns the name of the error number.
     *
     * @return {@code EINVAL} and the like; {@code errno N} for one without a name here
     */
    public String errnoName() {
        return Errno.name(errno);
    }
}
