package dev.heddle.runtime;

final class PlatformCoreExecutorTest extends CoreExecutorContract {
    PlatformCoreExecutorTest() {
        super(TaskMode.PLATFORM);
    }
}
