package io.github.kafkamesos.wordcount;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.kafkamesos.wordcount.CountSource.Elsewhere;
import io.github.kafkamesos.wordcount.CountSource.Here;
import io.github.kafkamesos.wordcount.CountSource.Unavailable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KafkaStreams.State;
import org.apache.kafka.streams.state.HostInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpApiTest {

    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<HttpApi> servers = new ArrayList<>();
    private volatile State state = State.RUNNING;

    @AfterEach
    void stop() {
        servers.forEach(HttpApi::close);
    }

    private HttpApi serve(CountSource counts) throws IOException {
        HttpApi api = new HttpApi(new InetSocketAddress(HERE, 0), () -> state, counts, () -> "a_metric 1.0\n");
        servers.add(api);
        return api;
    }

    private static HostInfo at(HttpApi api) {
        return new HostInfo(HERE.getHostAddress(), api.port());
    }

    private HttpResponse<String> get(HttpApi api, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://" + HERE.getHostAddress() + ":" + api.port() + path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void health() throws Exception {
        HttpApi api = serve(word -> new Here(0));
        assertEquals(200, get(api, "/live").statusCode());
        assertEquals("RUNNING\n", get(api, "/ready").body());
        state = State.REBALANCING;
        assertEquals(200, get(api, "/live").statusCode());
        assertEquals(503, get(api, "/ready").statusCode());
        state = State.ERROR;
        assertEquals(503, get(api, "/live").statusCode());
        assertEquals(404, get(api, "/").statusCode());
    }

    @Test
    void metrics() throws Exception {
        HttpResponse<String> response = get(serve(word -> new Here(0)), "/metrics");
        assertEquals("a_metric 1.0\n", response.body());
        assertEquals(List.of("text/plain; version=0.0.4; charset=utf-8"), response.headers().allValues("Content-Type"));
    }

    @Test
    void ownWords() throws Exception {
        HttpApi api = serve(word -> new Here(word.length()));
        assertEquals("{\"word\":\"größe\",\"count\":5}\n", get(api, "/count/Gr%C3%B6%C3%9Fe").body());
        assertEquals(400, get(api, "/count/two%20words").statusCode());
        assertEquals(400, get(api, "/count/").statusCode());
        assertEquals(400, get(api, "/count/%22").statusCode());
    }

    @Test
    void anotherInstancesWords() throws Exception {
        HttpApi owner = serve(word -> new Here(word.equals("größe") ? 7 : 0));
        HttpApi other = serve(word -> new Elsewhere(at(owner)));
        HttpResponse<String> response = get(other, "/count/gr%C3%B6%C3%9Fe");
        assertEquals("{\"word\":\"größe\",\"count\":7}\n", response.body());
        assertEquals("application/json", response.headers().firstValue("Content-Type").orElse(""));
    }

    @Test
    void twoThatTakeEachOtherForTheOwner() throws Exception {
        HostInfo[] others = new HostInfo[2];
        HttpApi one = serve(word -> new Elsewhere(others[0]));
        HttpApi two = serve(word -> new Elsewhere(others[1]));
        others[0] = at(two);
        others[1] = at(one);
        HttpResponse<String> response = get(one, "/count/the");
        assertEquals(503, response.statusCode());
        assertEquals("the word is moving\n", response.body());
    }

    @Test
    void nobodyKnows() throws Exception {
        HttpResponse<String> response = get(serve(word -> new Unavailable("rebalancing")), "/count/the");
        assertEquals(503, response.statusCode());
        assertEquals("1", response.headers().firstValue("Retry-After").orElse(""));
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, HERE)) {
            free = socket.getLocalPort();
        }
        HttpResponse<String> dead = get(serve(word -> new Elsewhere(new HostInfo(HERE.getHostAddress(), free))), "/count/the");
        assertEquals(503, dead.statusCode());
        assertTrue(dead.body().contains("does not answer"), dead.body());
    }

    @Test
    void addresses() throws Exception {
        assertEquals("127.0.0.3", HttpApi.address(new HostInfo("127.0.0.3", 31000)).getAddress().getHostAddress());
        assertTrue(HttpApi.address(new HostInfo("192.0.2.1", 31000)).getAddress().isAnyLocalAddress());
    }
}
