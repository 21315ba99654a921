package io.github.kafkamesos.wordcount;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.github.kafkamesos.wordcount.CountSource.Answer;
import io.github.kafkamesos.wordcount.CountSource.Elsewhere;
import io.github.kafkamesos.wordcount.CountSource.Here;
import io.github.kafkamesos.wordcount.CountSource.Unavailable;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.streams.state.HostInfo;

/**
 * {@code GET /count/{word}} on any instance: {@code {"word":"the","count":42}}. Who does not have the word asks the instance that
 * has it.
 */
final class CountHandler implements HttpHandler {

    static final String PATH = "/count/";

    /** On requests between instances. While tasks move, two could each take the other for the owner. */
    static final String FORWARDED = "X-Forwarded-By-Instance";

    private static final String TEXT = "text/plain; charset=utf-8";

    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final CountSource counts;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

    CountHandler(CountSource counts) {
        this.counts = counts;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("GET")) {
            error(exchange, 405, "only GET");
            return;
        }
        List<String> words = Words.in(exchange.getRequestURI().getPath().substring(PATH.length()));
        if (words.size() != 1) {
            error(exchange, 400, "one word after " + PATH + ", please");
            return;
        }
        String word = words.get(0);
        Answer answer = counts.find(word);
        if (answer instanceof Here here) {
            // A word has letters and digits only, so nothing in it needs escaping.
            HttpApi.send(exchange, 200, "application/json", "{\"word\":\"%s\",\"count\":%d}\n".formatted(word, here.count()));
        } else if (answer instanceof Unavailable unavailable) {
            unavailable(exchange, unavailable.reason());
        } else if (answer instanceof Elsewhere elsewhere) {
            if (exchange.getRequestHeaders().containsKey(FORWARDED)) {
                unavailable(exchange, "the word is moving");
            } else {
                forward(exchange, word, elsewhere.owner());
            }
        }
    }

    private void forward(HttpExchange exchange, String word, HostInfo owner) throws IOException {
        URI there = URI.create("http://" + owner.host() + ":" + owner.port() + PATH + URLEncoder.encode(word, StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.newBuilder(there).timeout(PATIENCE).header(FORWARDED, "true").build();
        try {
            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
            String type = response.headers().firstValue("Content-Type").orElse(TEXT);
            HttpApi.send(exchange, response.statusCode(), type, response.body());
        } catch (IOException e) {
            unavailable(exchange, owner.host() + ":" + owner.port() + " has the word and does not answer");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            unavailable(exchange, "stopping");
        }
    }

    private static void unavailable(HttpExchange exchange, String reason) throws IOException {
        exchange.getResponseHeaders().set("Retry-After", "1");
        error(exchange, 503, reason);
    }

    private static void error(HttpExchange exchange, int status, String text) throws IOException {
        HttpApi.send(exchange, status, TEXT, text + "\n");
    }
}
