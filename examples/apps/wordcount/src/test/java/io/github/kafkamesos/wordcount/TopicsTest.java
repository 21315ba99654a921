package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.kafka.clients.admin.MockAdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

class TopicsTest {

    @Test
    void aMissingTopicIsNamed() throws Exception {
        try (MockAdminClient admin = MockAdminClient.create().build()) {
            admin.createTopics(List.of(new NewTopic("lines", 1, (short) 1))).all().get();
            StartException e = assertThrows(StartException.class, () -> Topics.require(admin, "lines", "counts"));
            assertEquals("Topic \"counts\" does not exist: create it first, the application creates neither its input nor its output", e.getMessage());

            admin.createTopics(List.of(new NewTopic("counts", 1, (short) 1))).all().get();
            assertDoesNotThrow(() -> Topics.require(admin, "lines", "counts"));
        }
    }

    @Test
    void brokersThatDoNotAnswer() {
        try (MockAdminClient admin = MockAdminClient.create().build()) {
            admin.timeoutNextRequest(1);
            StartException e = assertThrows(StartException.class, () -> Topics.require(admin, "lines"));
            assertTrue(e.getMessage().startsWith("Topic \"lines\" cannot be looked up: "), e.getMessage());
        }
    }
}
