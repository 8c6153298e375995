package dev.heddle.cli;

/** What was asked is well-formed, and this machine or JVM cannot do it. */
final class CannotRunException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CannotRunException(Exception cause) {
        super(cause.getMessage(), cause);
    }
}
