package io.github.kafkamesos.wordcount;

import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Input and output topics are made by whoever deploys the application: Streams creates neither. Without the input it would end in
 * state ERROR; without the output it would wait, and fail at its first record.
 */
final class Topics {

    private Topics() {}

    static void require(Admin admin, String... names) throws InterruptedException {
        for (var topic : admin.describeTopics(List.of(names)).topicNameValues().entrySet()) {
            try {
                topic.getValue().get();
            } catch (ExecutionException e) {
                throw new StartException(message(topic.getKey(), e.getCause()), e.getCause());
            }
        }
    }

    private static String message(String topic, Throwable cause) {
        if (cause instanceof UnknownTopicOrPartitionException) {
            return "Topic \"%s\" does not exist: create it first, the application creates neither its input nor its output".formatted(topic);
        }
        if (cause instanceof AuthorizationException) {
            return "No right to see topic \"%s\": the application needs READ on its input and WRITE on its output".formatted(topic);
        }
        return "Topic \"%s\" cannot be looked up: %s".formatted(topic, cause.getMessage());
    }
}
