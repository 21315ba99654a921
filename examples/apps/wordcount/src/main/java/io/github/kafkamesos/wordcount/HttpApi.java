package io.github.kafkamesos.wordcount;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.state.HostInfo;

/** {@code /live}, {@code /ready}, {@code /metrics} and {@code /count/{word}}. */
final class HttpApi implements AutoCloseable {

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "http");
        thread.setDaemon(true);
        return thread;
    });

    HttpApi(InetSocketAddress address, Supplier<KafkaStreams.State> state, CountSource counts, Supplier<String> metrics)
            throws IOException {
        server = HttpServer.create(address, 0);
        server.setExecutor(threads);
        server.createContext("/live", exchange -> health(exchange, Health.live(state.get()), state.get()));
        server.createContext("/ready", exchange -> health(exchange, Health.ready(state.get()), state.get()));
        server.createContext("/metrics", exchange -> send(exchange, 200, Metrics.CONTENT_TYPE, metrics.get()));
        server.createContext(CountHandler.PATH, new CountHandler(counts));
        server.start();
    }

    /**
     * Where to listen. Mesos's health checks ask 127.0.0.1 and other instances ask {@code $HOST}, so it is all addresses; but a
     * loopback {@code $HOST} is one of several agents on one machine, whose ports are their own and nobody else's.
     */
    static InetSocketAddress address(HostInfo endpoint) throws IOException {
        InetAddress host = InetAddress.getByName(endpoint.host());
        return host.isLoopbackAddress() ? new InetSocketAddress(host, endpoint.port()) : new InetSocketAddress(endpoint.port());
    }

    int port() {
        return server.getAddress().getPort();
    }

    private static void health(HttpExchange exchange, boolean good, KafkaStreams.State state) throws IOException {
        send(exchange, good ? 200 : 503, "text/plain; charset=utf-8", state + "\n");
    }

    static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(status, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
    }
}
