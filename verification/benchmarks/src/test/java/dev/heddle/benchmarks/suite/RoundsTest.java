package dev.heddle.benchmarks.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

/** What is kept of the results of a round. */
class RoundsTest {
    @Test
    void eachIterationsDistancesStandBesideEachOther() throws JsonProcessingException {
        ObjectNode entry = (ObjectNode) new ObjectMapper().readTree("""
                        {"jvm": "/somewhere/java", "secondaryMetrics": {
                            "cpuDistanceBefore": {"score": 2, "rawData": [[1, 2, 3]]},
                            "cpuDistanceAfter": {"score": 20, "rawData": [[10, 20, 30]]},
                            "p50Nanos": {"score": 7}}}""");

        Rounds.tidy(entry);

        assertEquals("[1,10,2,20,3,30]", entry.get("cpuDistances").toString());
        assertEquals(
                "{\"p50Nanos\":{\"score\":7}}", entry.get("secondaryMetrics").toString());
        assertFalse(entry.has("jvm"));
    }
}
