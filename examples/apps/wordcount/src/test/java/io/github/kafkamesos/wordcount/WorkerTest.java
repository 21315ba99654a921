package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With a real KafkaStreams, whose brokers do not answer. */
@Timeout(60)
class WorkerTest {

    private KafkaStreams streams;
    private Worker worker;

    @BeforeEach
    void create(@TempDir Path sandbox) {
        Settings settings = Settings.from(Map.of(
                "STREAMS_APPLICATION_ID", "wc", "STREAMS_BOOTSTRAP_SERVERS", "127.0.0.1:1", "INPUT_TOPIC", "lines", "OUTPUT_TOPIC", "counts",
                "MESOS_SANDBOX", sandbox.toString()));
        StreamsConfig config = new StreamsConfig(settings.streams());
        streams = new KafkaStreams(WordCountTopology.build("lines", "counts", config), config);
        worker = new Worker(streams, Duration.ofSeconds(20));
    }

    @AfterEach
    void close() {
        streams.close();
    }

    @Test
    void closingEndsIt() throws Exception {
        CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(worker::run);
        while (streams.state() == State.CREATED) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        assertFalse(exitCode.isDone());
        worker.close();
        assertEquals(0, exitCode.get(20, TimeUnit.SECONDS));
        assertEquals(State.NOT_RUNNING, streams.state());
    }

    @Test
    void closingTwiceAndBeforeTheStart() {
        worker.close();
        worker.close();
        assertEquals(State.NOT_RUNNING, streams.state());
    }

    @Test
    void anErrorEndsTheProcess() throws Exception {
        CompletableFuture<Integer> exitCode = CompletableFuture.supplyAsync(worker::run);
        worker.changed(State.REBALANCING, State.CREATED);
        worker.changed(State.RUNNING, State.REBALANCING);
        worker.changed(State.PENDING_ERROR, State.RUNNING);
        assertFalse(exitCode.isDone());
        worker.changed(State.ERROR, State.PENDING_ERROR);
        assertEquals(1, exitCode.get(20, TimeUnit.SECONDS));
    }

    @Test
    void whatStreamsDoesNotGetOverIsAnError() {
        assertEquals(StreamThreadExceptionResponse.SHUTDOWN_CLIENT, worker.failed(new IllegalStateException("bug")));
    }

    @Test
    void metricsAreKafkas() {
        String text = new Metrics(streams).scrape();
        assertTrue(text.contains("kafka_stream_"), text);
        assertTrue(text.contains("jvm_memory_used_bytes"), text);
    }
}
