package dev.heddle.affinity.internal;

/**
 * Names of the error numbers that the bound functions document, as Linux numbers them on every architecture that the
 * JDK's linker knows. A test compares them with the generated constants.
 *
 * <p>They are constants here, so that a message can be made where the generated classes cannot even be loaded.
 */
public final class Errno {
    static final int EPERM = 1;
    static final int ESRCH = 3;
    static final int ENOMEM = 12;
    static final int EFAULT = 14;
    static final int EINVAL = 22;
    static final int ENOSYS = 38;

    private Errno() {}

    /** The name of an error number, {@code errno N} for one that none of the functions documents. */
    public static String name(int errno) {
        return switch (errno) {
            case 0 -> "no error";
            case EPERM -> "EPERM";
            case ESRCH -> "ESRCH";
            case ENOMEM -> "ENOMEM";
            case EFAULT -> "EFAULT";
            case EINVAL -> "EINVAL";
            case ENOSYS -> "ENOSYS";
            default -> "errno " + errno;
        };
    }
}
