package com.example.game;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** The function server.status. */
@Component
class ServerStatus implements GameFunction {

    private static final String VERSION = "1.0.0";

    private final PlayerStore players;
    private final Integer generation;

    /** The generation is null when the process was not started by croupier. */
    ServerStatus(PlayerStore players, @Value("${CROUPIER_GENERATION:#{null}}") Integer generation) {
        this.players = players;
        this.generation = generation;
    }

    @Override
    public Description description() {
        return new Description(
                "server.status",
                "1.0.0",
                "Show how the server is doing",
                List.of("server"),
                Risk.LOW,
                Map.of(),
                Map.of(
                        "type", "object",
                        "properties", Map.of(
                                "online", Map.of("type", "integer"),
                                "uptimeSeconds", Map.of("type", "number"),
                                "version", Map.of("type", "string"),
                                "generation", Map.of(
                                        "type", List.of("integer", "null"),
                                        "description", "Counts restarts under croupier dev"))));
    }

    record Status(long online, long uptimeSeconds, String version, Integer generation) {}

    @Override
    public Status run(JsonNode payload, Call call) {
        long uptimeSeconds = Math.round(ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
        return new Status(players.countOnline(), uptimeSeconds, VERSION, generation);
    }
}
