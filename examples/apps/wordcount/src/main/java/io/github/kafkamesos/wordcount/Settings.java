package io.github.kafkamesos.wordcount;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.HostInfo;

/**
 * What the environment says.
 *
 * @param streams configuration of Kafka Streams
 * @param endpoint {@code $HOST:$PORT0}, where this instance is served and the others reach it; empty without {@code $PORT0}
 * @param shutdownTimeout how long a stop may take; Marathon kills the instance after taskKillGracePeriodSeconds
 */
record Settings(
        Map<String, Object> streams, String inputTopic, String outputTopic, Optional<HostInfo> endpoint, Duration shutdownTimeout) {

    static Settings from(Map<String, String> environment) {
        List<String> problems = new ArrayList<>();
        required(environment, "STREAMS_APPLICATION_ID", problems);
        required(environment, "STREAMS_BOOTSTRAP_SERVERS", problems);
        String input = required(environment, "INPUT_TOPIC", problems);
        String output = required(environment, "OUTPUT_TOPIC", problems);
        int seconds = number(environment, "SHUTDOWN_TIMEOUT_SECONDS", 10, 3600, problems);
        int port = number(environment, "PORT0", 0, 65535, problems);
        if (!problems.isEmpty()) {
            throw new StartException(String.join("; ", problems));
        }
        Optional<HostInfo> endpoint =
                port == 0 ? Optional.empty() : Optional.of(new HostInfo(environment.getOrDefault("HOST", "localhost"), port));

        Map<String, Object> streams = defaults(environment, endpoint);
        streams.putAll(StreamsEnvironment.properties(environment));
        return new Settings(streams, input, output, endpoint, Duration.ofSeconds(seconds));
    }

    /** What the application sets where {@code STREAMS_*} does not. */
    private static Map<String, Object> defaults(Map<String, String> environment, Optional<HostInfo> endpoint) {
        Map<String, Object> streams = new HashMap<>();
        streams.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        // A store or repartition topic without a name of its own would get another one with the next edit of the topology.
        streams.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        // Mesos collects the sandbox's garbage; a folder in /tmp would stay.
        Path sandbox = Path.of(environment.getOrDefault("MESOS_SANDBOX", "")).toAbsolutePath();
        streams.put(StreamsConfig.STATE_DIR_CONFIG, sandbox.resolve("state").toString());
        endpoint.ifPresent(at -> streams.put(StreamsConfig.APPLICATION_SERVER_CONFIG, at.host() + ":" + at.port()));
        return streams;
    }

    private static String required(Map<String, String> environment, String variable, List<String> problems) {
        String value = environment.getOrDefault(variable, "").strip();
        if (value.isEmpty()) {
            problems.add(variable + " is not set");
        }
        return value;
    }

    private static int number(Map<String, String> environment, String variable, int fallback, int most, List<String> problems) {
        String text = environment.getOrDefault(variable, "").strip();
        if (text.isEmpty()) {
            return fallback;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        problems.add("%s must be a number from 1 to %d, not \"%s\"".formatted(variable, most, text));
        return fallback;
    }
}
