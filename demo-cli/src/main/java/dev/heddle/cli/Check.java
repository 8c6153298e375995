package dev.heddle.cli;

/**
 * One thing that the doctor looked at.
 *
 * @param name what it is, one word
 * @param status how it is
 * @param found what is so
 * @param advice what to do about it; empty where nothing has to be done
 */
record Check(String name, Status status, String found, String advice) {
    /** How something is. */
    enum Status {
        OK,
        WARN,
        FAIL
    }

    static Check ok(String name, String found) {
        return new Check(name, Status.OK, found, "");
    }

    static Check warn(String name, String found, String advice) {
        return new Check(name, Status.WARN, found, advice);
    }

    static Check fail(String name, String found, String advice) {
        return new Check(name, Status.FAIL, found, advice);
    }
}
