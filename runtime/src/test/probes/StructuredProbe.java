import dev.heddle.affinity.ThreadAffinity;
import dev.heddle.runtime.Core;
import dev.heddle.runtime.CoreManager;
import dev.heddle.runtime.TaskMode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.StructuredTaskScope;
import java.util.concurrent.StructuredTaskScope.Joiner;
import java.util.concurrent.StructuredTaskScope.Subtask;

/** Forks on a core through its thread factory, with a scoped value bound. Run by ThreadSemanticsTest from source. */
final class StructuredProbe {
    private static final ScopedValue<String> VALUE = ScopedValue.newInstance();

    public static void main(String[] args) throws Exception {
        try (CoreManager cores = CoreManager.builder().mode(TaskMode.VIRTUAL).start()) {
            Core core = cores.on(cores.cores().last());
            List<Subtask<String>> forks = new ArrayList<>();
            ScopedValue.where(VALUE, "bound").call(() -> {
                try (var scope = StructuredTaskScope.open(
                        Joiner.<String>awaitAllSuccessfulOrThrow(),
                        configuration -> configuration.withThreadFactory(core.threadFactory()))) {
                    for (int i = 0; i < 3; i++) {
                        forks.add(scope.fork(() -> {
                            Thread.sleep(1);
                            return VALUE.get() + ThreadAffinity.currentCpu();
                        }));
                    }
                    scope.join();
                }
                return null;
            });
            long misplaced = forks.stream().filter(fork -> !fork.get().endsWith("" + core.cpu())).count();
            long seen = forks.stream().filter(fork -> fork.get().startsWith("bound")).count();
            System.out.println(
                    forks.size() + " forks, " + misplaced + " misplaced, scope value seen " + seen + " times");
        }
    }
}
