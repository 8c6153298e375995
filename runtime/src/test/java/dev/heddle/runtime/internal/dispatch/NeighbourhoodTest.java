package dev.heddle.runtime.internal.dispatch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.heddle.topology.FakeMachine;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NeighbourhoodTest {
    @TempDir
    private Path root;

    /** Two nodes with two caches each, two CPUs to a cache. */
    private Neighbourhood eightCpus() {
        return new Neighbourhood(() -> new FakeMachine(root, "0-7")
                .l3("0-1", "2-3", "4-5", "6-7")
                .node(0, "0-3", "10 20")
                .node(1, "4-7", "20 10")
                .read());
    }

    /** Whom a core visits, ring by ring. */
    private static String visits(Neighbourhood neighbourhood, int cpu) {
        Scheduler scheduler = new Scheduler(SchedulerTest.settings(neighbourhood));
        List<CoreContext> cores = IntStream.range(0, 8)
                .mapToObj(each -> (CoreContext) scheduler.newCore(each))
                .toList();
        scheduler.setCores(cores);
        return Arrays.stream(((VirtualCoreContext) cores.get(cpu)).neighbours())
                .map(ring -> Arrays.stream(ring)
                        .map(core -> String.valueOf(core.cpu()))
                        .collect(Collectors.joining(",")))
                .collect(Collectors.joining(" | "));
    }

    @Test
    void aCoreVisitsThoseOfItsCacheThenThoseOfItsNodeThenTheRest() {
        assertEquals("1 | 2,3 | 4,5,6,7", visits(eightCpus(), 0));
        assertEquals("4 | 6,7 | 0,1,2,3", visits(eightCpus(), 5));
    }

    @Test
    void allAreEquallyNearWhereTheMachineIsNotKnown() {
        assertEquals("0,1,2,4,5,6,7", visits(new Neighbourhood(() -> null), 3));
        assertEquals(
                "0,1,2,4,5,6,7",
                visits(
                        new Neighbourhood(() ->
                                new FakeMachine(root, "0-7").node(9, "", "10").read()),
                        3));
    }
}
