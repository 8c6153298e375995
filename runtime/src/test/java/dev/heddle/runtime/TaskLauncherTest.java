package dev.heddle.runtime;

import org.junit.jupiter.api.Nested;

/** Every kind of place, in every mode, keeps the contract. */
final class TaskLauncherTest {

    @Nested
    final class Core extends TaskLauncherContract {
        Core() {
            super(
                    CoreManager.builder().mode(TaskMode.VIRTUAL),
                    cores -> cores.on(cores.cores().first()));
        }
    }

    @Nested
    final class PreferredCore extends TaskLauncherContract {
        PreferredCore() {
            super(
                    CoreManager.builder().mode(TaskMode.VIRTUAL),
                    cores -> cores.on(cores.cores().first()).preferred());
        }
    }

    @Nested
    final class Anywhere extends TaskLauncherContract {
        Anywhere() {
            super(CoreManager.builder().mode(TaskMode.VIRTUAL), CoreManager::anywhere);
        }
    }

    @Nested
    final class PlatformCore extends TaskLauncherContract {
        PlatformCore() {
            super(
                    CoreManager.builder().mode(TaskMode.PLATFORM),
                    cores -> cores.on(cores.cores().first()));
        }
    }

    @Nested
    final class PlatformPreferredCore extends TaskLauncherContract {
        PlatformPreferredCore() {
            super(
                    CoreManager.builder().mode(TaskMode.PLATFORM),
                    cores -> cores.on(cores.cores().first()).preferred());
        }
    }

    @Nested
    final class PlatformAnywhere extends TaskLauncherContract {
        PlatformAnywhere() {
            super(CoreManager.builder().mode(TaskMode.PLATFORM), CoreManager::anywhere);
        }
    }

    @Nested
    final class ShuffledCore extends TaskLauncherContract {
        ShuffledCore() {
            super(
                    CoreManager.builder().mode(TaskMode.VIRTUAL).shuffled(1),
                    cores -> cores.on(cores.cores().first()));
        }
    }

    @Nested
    final class ShuffledAnywhere extends TaskLauncherContract {
        ShuffledAnywhere() {
            super(CoreManager.builder().mode(TaskMode.VIRTUAL).shuffled(1), CoreManager::anywhere);
        }
    }

    @Nested
    final class DeterministicCore extends TaskLauncherContract {
        DeterministicCore() {
            super(
                    CoreManager.builder().mode(TaskMode.VIRTUAL).deterministic(1),
                    cores -> cores.on(cores.cores().first()));
        }
    }

    @Nested
    final class DeterministicAnywhere extends TaskLauncherContract {
        DeterministicAnywhere() {
            super(CoreManager.builder().mode(TaskMode.VIRTUAL).deterministic(1), CoreManager::anywhere);
        }
    }
}
