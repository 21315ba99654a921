package io.github.kafkamesos.wordcount;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Kafka Streams' configuration from environment variables: {@code STREAMS_PROCESSING_GUARANTEE} is {@code processing.guarantee},
 * {@code STREAMS_CONSUMER_SESSION_TIMEOUT_MS} is {@code consumer.session.timeout.ms}.
 *
 * <p>A variable's name has lost what was a dash, an underscore or upper case in the key. The Terraform provider names such keys in a
 * label of the app, which Marathon passes on; keys that Streams itself knows ({@code rack.aware.assignment.traffic_cost}) are found
 * without it. Any other variable is taken for a key in lower case with dots.
 */
final class StreamsEnvironment {

    /** What Marathon makes of the label {@code KAFKA_STREAMS_CONFIG_KEYS}, which lists keys with commas between them. */
    static final String LABEL = "MARATHON_APP_LABEL_KAFKA_STREAMS_CONFIG_KEYS";

    private static final String PREFIX = "STREAMS_";

    private StreamsEnvironment() {}

    static Map<String, String> properties(Map<String, String> environment) {
        Map<String, String> spelled = new HashMap<>();
        StreamsConfig.configDef().names().forEach(key -> spelled.put(variable(key), key));
        for (String key : environment.getOrDefault(LABEL, "").split(",")) {
            spelled.put(variable(key), key);
        }
        Map<String, String> properties = new HashMap<>();
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX) && variable.length() > PREFIX.length()) {
                properties.put(spelled.getOrDefault(variable, dotted(variable)), value);
            }
        });
        return properties;
    }

    private static String variable(String key) {
        return PREFIX + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }

    private static String dotted(String variable) {
        return variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT).replace('_', '.');
    }
}
