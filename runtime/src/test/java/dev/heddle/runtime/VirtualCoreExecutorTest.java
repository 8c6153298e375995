package dev.heddle.runtime;

final class VirtualCoreExecutorTest extends CoreExecutorContract {
    VirtualCoreExecutorTest() {
        super(TaskMode.VIRTUAL);
    }
}
