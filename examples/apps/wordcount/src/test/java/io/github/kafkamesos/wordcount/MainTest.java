package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MainTest {

    private record Result(int exitCode, String stderr) {}

    private static Result run(Map<String, String> environment) {
        PrintStream before = System.err;
        ByteArrayOutputStream stderr = new ByteArrayOutputStream();
        System.setErr(new PrintStream(stderr, true, StandardCharsets.UTF_8));
        try {
            return new Result(Main.run(environment), stderr.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    @Test
    void withoutSettings() {
        Result result = run(Map.of());
        assertEquals(1, result.exitCode());
        assertTrue(result.stderr().contains("STREAMS_APPLICATION_ID is not set"), result.stderr());
    }

    @Test
    void withSettingsThatStreamsRefuses() {
        Result result = run(Map.of(
                "STREAMS_APPLICATION_ID", "wc", "STREAMS_BOOTSTRAP_SERVERS", "127.0.0.1:1", "INPUT_TOPIC", "lines", "OUTPUT_TOPIC", "counts",
                "STREAMS_PROCESSING_GUARANTEE", "exactly_twice"));
        assertEquals(1, result.exitCode());
        assertTrue(result.stderr().contains("exactly_twice"), result.stderr());
    }
}
