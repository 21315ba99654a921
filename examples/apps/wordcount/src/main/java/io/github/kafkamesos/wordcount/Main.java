package io.github.kafkamesos.wordcount;

import java.io.IOException;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.HostInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one instance until SIGTERM, or until it cannot go on: then it exits with 1 and Marathon starts another. */
public final class Main {

    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private Main() {}

    public static void main(String[] args) {
        System.exit(run(System.getenv()));
    }

    /** Answers the exit code. */
    static int run(Map<String, String> environment) {
        try {
            return run(Settings.from(environment));
        } catch (StartException e) {
            LOG.error(e.getMessage(), e.getCause());
        } catch (IOException e) {
            LOG.error("No HTTP server on $PORT0: {}", e.getMessage(), e);
        } catch (InterruptedException | RuntimeException | Error e) {
            // Nothing may get past here: the HTTP server's thread would keep a process alive that does no work.
            LOG.error("Kafka Streams does not start: {}", e.getMessage(), e);
        }
        return 1;
    }

    private static int run(Settings settings) throws IOException, InterruptedException {
        StreamsConfig config = new StreamsConfig(settings.streams());
        LOG.info("{}: {} -> {}", settings.streams().get(StreamsConfig.APPLICATION_ID_CONFIG), settings.inputTopic(), settings.outputTopic());
        Topology topology = WordCountTopology.build(settings.inputTopic(), settings.outputTopic(), config);
        try (Admin admin = Admin.create(config.getAdminConfigs("topics"))) {
            Topics.require(admin, settings.inputTopic(), settings.outputTopic());
        }
        KafkaStreams streams = new KafkaStreams(topology, config);
        Worker worker = new Worker(streams, settings.shutdownTimeout());
        // Streams installs no hook of its own for SIGTERM.
        Runtime.getRuntime().addShutdownHook(new Thread(worker::close, "shutdown"));
        if (settings.endpoint().isPresent()) {
            HostInfo endpoint = settings.endpoint().get();
            new HttpApi(HttpApi.address(endpoint), streams::state, new Counts(streams, endpoint), new Metrics(streams)::scrape);
        }
        return worker.run();
    }
}
