package io.github.kafkamesos.wordcount;

import static java.util.stream.Collectors.toMap;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;

/**
 * Kafka Streams' configuration from environment variables: {@code STREAMS_PROCESSING_GUARANTEE} is {@code processing.guarantee},
 * {@code STREAMS_CONSUMER_SESSION_TIMEOUT_MS} is {@code consumer.session.timeout.ms}.
 *
 * <p>A variable's name has lost what was a dash, an underscore or upper case in the key. Keys that Streams itself knows are
 * found again ({@code rack.aware.assignment.traffic_cost}); others, such as {@code client.tag.availability-zone}, arrive in
 * lower case with dots only.
 */
final class StreamsEnvironment {

    private static final String PREFIX = "STREAMS_";

    private static final Map<String, String> KNOWN = StreamsConfig.configDef().names().stream()
            .collect(toMap(StreamsEnvironment::variable, key -> key, (first, second) -> first));

    private StreamsEnvironment() {}

    static Map<String, String> properties(Map<String, String> environment) {
        Map<String, String> properties = new HashMap<>();
        environment.forEach((variable, value) -> {
            if (variable.startsWith(PREFIX) && variable.length() > PREFIX.length()) {
                properties.put(key(variable), value);
            }
        });
        return properties;
    }

    private static String key(String variable) {
        String dotted = variable.substring(PREFIX.length()).toLowerCase(Locale.ROOT).replace('_', '.');
        return KNOWN.getOrDefault(variable, dotted);
    }

    private static String variable(String key) {
        return PREFIX + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
