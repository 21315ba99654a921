package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyConfig;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.errors.TopologyException;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WordCountTopologyTest {

    private StreamsConfig config;
    private TopologyTestDriver driver;
    private TestInputTopic<byte[], String> lines;
    private TestOutputTopic<String, String> counts;

    @BeforeEach
    void start(@TempDir Path sandbox) {
        Settings settings = Settings.from(Map.of(
                "STREAMS_APPLICATION_ID", "wc", "STREAMS_BOOTSTRAP_SERVERS", "nowhere:1", "INPUT_TOPIC", "lines", "OUTPUT_TOPIC", "counts",
                "MESOS_SANDBOX", sandbox.toString()));
        config = new StreamsConfig(settings.streams());
        Properties properties = new Properties();
        properties.putAll(settings.streams());
        driver = new TopologyTestDriver(WordCountTopology.build("lines", "counts", config), properties);
        lines = driver.createInputTopic("lines", new ByteArraySerializer(), new StringSerializer());
        counts = driver.createOutputTopic("counts", new StringDeserializer(), new StringDeserializer());
    }

    @AfterEach
    void stop() {
        driver.close();
    }

    @Test
    void counts() {
        lines.pipeInput("The cat and the hat");
        lines.pipeInput("the end");
        assertEquals(
                List.of(KeyValue.pair("the", "1"), KeyValue.pair("cat", "1"), KeyValue.pair("and", "1"), KeyValue.pair("the", "2"),
                        KeyValue.pair("hat", "1"), KeyValue.pair("the", "3"), KeyValue.pair("end", "1")),
                counts.readKeyValuesToList());
        assertEquals(3L, driver.<String, Long>getKeyValueStore(WordCountTopology.STORE).get("the"));
    }

    @Test
    void keysHeadersAndEmptyLinesPlayNoPart() {
        RecordHeaders headers = new RecordHeaders();
        headers.add("trace", new byte[] {0, (byte) 0xff});
        lines.pipeInput(new TestRecord<>(new byte[] {(byte) 0xff}, "one", headers));
        lines.pipeInput(new TestRecord<>("key".getBytes(StandardCharsets.UTF_8), "one"));
        lines.pipeInput(new TestRecord<>(null, null, headers));
        lines.pipeInput("");
        assertEquals(Map.of("one", "2"), counts.readKeyValuesToMap());
    }

    @Test
    void internalTopicsHaveNames() {
        lines.pipeInput("one");
        assertEquals(Set.of("wc-words-repartition", "wc-counts-changelog", "counts"), driver.producedTopicNames());
    }

    @Test
    void aTopologyWithoutNamesIsRefused() {
        StreamsBuilder builder = new StreamsBuilder(new TopologyConfig(config));
        builder.stream("lines", Consumed.with(Serdes.String(), Serdes.String())).groupBy((key, line) -> line).count();
        TopologyException e = assertThrows(TopologyException.class, () -> builder.build(new Properties()));
        assertTrue(e.getMessage().contains("has not been named"), e.getMessage());
    }
}
