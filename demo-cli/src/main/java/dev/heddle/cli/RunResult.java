package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import java.util.List;

/**
 * What one run of all tasks gave.
 *
 * @param scheduler who placed the tasks: {@code heddle} or {@code jdk}
 * @param mode as what they ran: {@code virtual} or {@code platform}
 * @param cores the cores asked for
 * @param tasks what each task saw
 */
record RunResult(String scheduler, String mode, CpuSet cores, List<TaskRecord> tasks) {
    long samples() {
        return tasks.stream().mapToLong(TaskRecord::samples).sum();
    }

    /** Whether the tasks were asked to be on a core each. */
    boolean isPinned() {
        return tasks.stream().allMatch(task -> task.core() != TaskRecord.ANY);
    }

    long moves() {
        return tasks.stream().mapToLong(TaskRecord::moves).sum();
    }

    long misplaced() {
        return tasks.stream().mapToLong(TaskRecord::misplaced).sum();
    }
}
