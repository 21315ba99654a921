package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.config.provider.FileConfigProvider;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.HostInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsTest {

    private static Map<String, String> environment(String... pairs) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "STREAMS_APPLICATION_ID", "wc", "STREAMS_BOOTSTRAP_SERVERS", "a:1,b:2", "INPUT_TOPIC", "lines", "OUTPUT_TOPIC", "counts"));
        for (int i = 0; i < pairs.length; i += 2) {
            environment.put(pairs[i], pairs[i + 1]);
        }
        return environment;
    }

    @Test
    void inATask() {
        Settings settings = Settings.from(environment("HOST", "10.0.0.1", "PORT0", "31000", "MESOS_SANDBOX", "/mnt/mesos/sandbox"));
        assertEquals("lines", settings.inputTopic());
        assertEquals("counts", settings.outputTopic());
        assertEquals(Optional.of(new HostInfo("10.0.0.1", 31000)), settings.endpoint());
        assertEquals(Duration.ofSeconds(10), settings.shutdownTimeout());

        StreamsConfig config = new StreamsConfig(settings.streams());
        assertEquals("wc", config.getString(StreamsConfig.APPLICATION_ID_CONFIG));
        assertEquals("exactly_once_v2", config.getString(StreamsConfig.PROCESSING_GUARANTEE_CONFIG));
        assertEquals("10.0.0.1:31000", config.getString(StreamsConfig.APPLICATION_SERVER_CONFIG));
        assertEquals("/mnt/mesos/sandbox/state", config.getString(StreamsConfig.STATE_DIR_CONFIG));
        assertTrue(config.getBoolean(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG));
    }

    @Test
    void elsewhere() {
        Settings settings = Settings.from(environment());
        assertEquals(Optional.empty(), settings.endpoint());
        assertFalse(settings.streams().containsKey(StreamsConfig.APPLICATION_SERVER_CONFIG));
        assertEquals(Path.of("state").toAbsolutePath().toString(), settings.streams().get(StreamsConfig.STATE_DIR_CONFIG));
    }

    @Test
    void theEnvironmentComesFirst() {
        Settings settings = Settings.from(environment(
                "PORT0", "31000", "STREAMS_PROCESSING_GUARANTEE", "at_least_once", "STREAMS_STATE_DIR", "/volume/state",
                "STREAMS_APPLICATION_SERVER", "proxy:80", "STREAMS_ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING", "false",
                "SHUTDOWN_TIMEOUT_SECONDS", "50"));
        StreamsConfig config = new StreamsConfig(settings.streams());
        assertEquals("at_least_once", config.getString(StreamsConfig.PROCESSING_GUARANTEE_CONFIG));
        assertEquals("/volume/state", config.getString(StreamsConfig.STATE_DIR_CONFIG));
        assertEquals("proxy:80", config.getString(StreamsConfig.APPLICATION_SERVER_CONFIG));
        assertFalse(config.getBoolean(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG));
        assertEquals(Duration.ofSeconds(50), settings.shutdownTimeout());
    }

    @Test
    void secretsComeFromAFile(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("secrets"), "jaas=top secret");
        Settings settings = Settings.from(environment(
                "STREAMS_CONFIG_PROVIDERS", "file", "STREAMS_CONFIG_PROVIDERS_FILE_CLASS", FileConfigProvider.class.getName(),
                "STREAMS_SASL_JAAS_CONFIG", "${file:" + file + ":jaas}"));
        StreamsConfig config = new StreamsConfig(settings.streams());
        assertEquals("top secret", config.getAdminConfigs("a").get("sasl.jaas.config"));
    }

    @Test
    void allProblemsAtOnce() {
        StartException e = assertThrows(StartException.class, () -> Settings.from(Map.of(
                "OUTPUT_TOPIC", " ", "STREAMS_APPLICATION_ID", "wc", "STREAMS_BOOTSTRAP_SERVERS", "a:1", "PORT0", "http", "SHUTDOWN_TIMEOUT_SECONDS", "0")));
        assertEquals("INPUT_TOPIC is not set; OUTPUT_TOPIC is not set; SHUTDOWN_TIMEOUT_SECONDS must be a number from 1 to 3600, not \"0\"; "
                + "PORT0 must be a number from 1 to 65535, not \"http\"", e.getMessage());
    }
}
