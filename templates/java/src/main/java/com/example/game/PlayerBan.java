package com.example.game;

import com.example.game.PlayerStore.Ban;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import tools.jackson.databind.JsonNode;

/** The function player.ban. */
@Component
class PlayerBan implements GameFunction {

    /** Ten years; for longer leave the hours away. */
    private static final int MAX_HOURS = 10 * 365 * 24;

    private static final double MS_PER_HOUR = 60 * 60 * 1000;

    private final PlayerStore players;
    private final Clock clock;

    @Autowired
    PlayerBan(PlayerStore players) {
        this(players, Clock.systemUTC());
    }

    PlayerBan(PlayerStore players, Clock clock) {
        this.players = players;
        this.clock = clock;
    }

    @Override
    public Description description() {
        return new Description(
                "player.ban",
                "1.0.0",
                "Ban a player",
                List.of("player", "moderation"),
                Risk.HIGH,
                Map.of(
                        "type", "object",
                        "required", List.of("playerId"),
                        "properties", Map.of(
                                "playerId", Map.of("type", "string", "title", "Player", "minLength", 1),
                                "reason", Map.of("type", "string", "title", "Reason", "maxLength", 200),
                                "hours", Map.of(
                                        "type", "number",
                                        "title", "Hours",
                                        "exclusiveMinimum", 0,
                                        "description", "Empty: for ever"))),
                Map.of(
                        "type", "object",
                        "properties", Map.of(
                                "result", Map.of("const", "success"),
                                "playerId", Map.of("type", "string"),
                                "until", Map.of("type", List.of("string", "null"), "format", "date-time"))));
    }

    /** For ever where {@code until} is null. */
    record Answer(String result, String playerId, Instant until) {}

    @Override
    public Answer run(JsonNode payload, Call call) {
        if (!payload.isObject()) {
            throw invalid("the payload must be an object");
        }
        JsonNode playerId = payload.path("playerId");
        JsonNode reason = payload.path("reason");
        JsonNode hours = payload.path("hours");
        if (!playerId.isString() || playerId.stringValue().isEmpty()) {
            throw invalid("playerId must be a text");
        }
        if (!reason.isMissingNode() && !reason.isString()) {
            throw invalid("reason must be a text");
        }
        boolean hasEnd = !hours.isMissingNode() && !hours.isNull();
        if (hasEnd && !(hours.isNumber() && hours.doubleValue() > 0 && hours.doubleValue() <= MAX_HOURS)) {
            throw invalid("hours must be a number above 0, at most " + MAX_HOURS);
        }
        Instant until = hasEnd ? endAfter(hours.doubleValue()) : null;
        String id = playerId.stringValue();
        if (!players.ban(id, new Ban(reason.stringValue(""), until))) {
            throw new ResponseStatusException(HttpStatus.NOT_FOUND, "there is no player " + id);
        }
        return new Answer("success", id, until);
    }

    private Instant endAfter(double hours) {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS).plusMillis(Math.round(hours * MS_PER_HOUR));
    }

    private static ResponseStatusException invalid(String message) {
        return new ResponseStatusException(HttpStatus.BAD_REQUEST, message);
    }
}
