package com.example.game;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.core.env.Environment;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
class ServingTest {

    @Autowired
    private Environment environment;

    private final HttpClient client = HttpClient.newHttpClient();
    private final JsonMapper json = JsonMapper.shared();

    @Test
    void theManifestTellsAboutEachFunction() throws Exception {
        JsonNode functions = json.readTree(send(request("/croupier/manifest.json")).body()).path("functions");
        assertThat(functions).extracting(one -> one.path("id").stringValue())
                .containsExactlyInAnyOrder("player.ban", "server.status", "season.recalculate");
        assertThat(functions).extracting(one -> one.path("http").stringValue())
                .contains("POST /functions/player.ban");
        assertThat(functions).allMatch(one -> one.at("/response/json_schema/type").stringValue().equals("object"));
    }

    @Test
    void aCallIsAnswered() throws Exception {
        var answer = post("/functions/player.ban", "{\"playerId\": \"1\", \"hours\": 1}");
        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode ban = json.readTree(answer.body());
        assertThat(ban.path("result").stringValue()).isEqualTo("success");
        assertThat(ban.path("until").stringValue()).matches("20\\d\\d-.*T.*Z");
    }

    @Test
    void aFunctionNeedsNoPayload() throws Exception {
        var answer = post("/functions/server.status", "");
        assertThat(json.readTree(answer.body()).path("version").stringValue()).isEqualTo("1.0.0");
    }

    @Test
    void refusalsSayWhy() throws Exception {
        assertRefused(post("/functions/player.ban", "{\"playerId\": \"99\"}"), 404, "there is no player 99");
        assertRefused(post("/functions/player.ban", "{}"), 400, "playerId must be a text");
        assertRefused(post("/functions/player.ban", "{"), 400, "Failed to read request");
        assertRefused(post("/functions/other", "{}"), 404, "there is no function other");
    }

    @Test
    void aJobIsAnsweredWithItsResult() throws Exception {
        var answer = post("/functions/season.recalculate", "{}");
        assertThat(answer.body()).isEqualTo("{\"players\":10,\"best\":\"ivo\"}");
    }

    @Test
    void theEventsOfAJobComeLineByLine() throws Exception {
        var accept = "text/event-stream, application/x-ndjson, application/json;q=0.9, */*;q=0.1";
        var answer = send(request("/functions/season.recalculate")
                .header("accept", accept)
                .POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith("application/x-ndjson");
        var events = answer.body().lines().map(json::readTree).toList();
        assertThat(events).hasSize(12);
        assertThat(events.get(9).path("progress").intValue()).isEqualTo(100);
        assertThat(events.get(11).path("type").stringValue()).isEqualTo("done");
        assertThat(events.get(11).path("payload").path("best").stringValue()).isEqualTo("ivo");
    }

    private void assertRefused(HttpResponse<String> answer, int status, String detail) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(json.readTree(answer.body()).path("detail").stringValue()).isEqualTo(detail);
    }

    private HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpRequest.Builder request(String path) {
        String port = environment.getRequiredProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
