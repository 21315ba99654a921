package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamsEnvironmentTest {

    @ParameterizedTest
    @CsvSource({
        "STREAMS_PROCESSING_GUARANTEE, processing.guarantee",
        "STREAMS_APPLICATION_ID, application.id",
        "STREAMS_CONSUMER_SESSION_TIMEOUT_MS, consumer.session.timeout.ms",
        "STREAMS_PRODUCER_TRANSACTION_TIMEOUT_MS, producer.transaction.timeout.ms",
        "STREAMS_TOPIC_MIN_INSYNC_REPLICAS, topic.min.insync.replicas",
        "STREAMS_RACK_AWARE_ASSIGNMENT_TRAFFIC_COST, rack.aware.assignment.traffic_cost",
        "STREAMS_RACK_AWARE_ASSIGNMENT_NON_OVERLAP_COST, rack.aware.assignment.non_overlap_cost",
        // Wrong, and all that a variable can say without the label.
        "STREAMS_CLIENT_TAG_AVAILABILITY_ZONE, client.tag.availability.zone",
    })
    void variablesAreKeys(String variable, String key) {
        assertEquals(Map.of(key, "v"), StreamsEnvironment.properties(Map.of(variable, "v")));
    }

    @Test
    void theProvidersLabelHasTheSpelling() {
        assertEquals(
                Map.of("client.tag.availability-zone", "a", "client.tag.Rack", "r", "commit.interval.ms", "100"),
                StreamsEnvironment.properties(Map.of(
                        StreamsEnvironment.LABEL, "client.tag.Rack,client.tag.availability-zone",
                        "STREAMS_CLIENT_TAG_AVAILABILITY_ZONE", "a", "STREAMS_CLIENT_TAG_RACK", "r", "STREAMS_COMMIT_INTERVAL_MS", "100")));
    }

    @Test
    void othersAreNot() {
        assertEquals(Map.of(), StreamsEnvironment.properties(Map.of("STREAMS_", "v", "PATH", "/bin", "INPUT_TOPIC", "lines", "streams_x", "v")));
    }

    @Test
    void valuesAreLeftAlone() {
        assertEquals(Map.of("a.b", " x=y,Z "), StreamsEnvironment.properties(Map.of("STREAMS_A_B", " x=y,Z ")));
    }
}
