package com.example.game;

import com.example.game.PlayerStore.Player;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;
import tools.jackson.databind.JsonNode;

/** The job season.recalculate. */
@Component
class SeasonRecalculate implements GameFunction {

    private static final int WIN_POINTS = 25;
    private static final int LOSS_POINTS = 15;

    /** What one player costs, as if the games were read from a database. */
    private static final Duration READ_TIME = Duration.ofMillis(50);

    private final PlayerStore players;
    private final Duration readTime;

    @Autowired
    SeasonRecalculate(PlayerStore players) {
        this(players, READ_TIME);
    }

    SeasonRecalculate(PlayerStore players, Duration readTime) {
        this.players = players;
        this.readTime = readTime;
    }

    @Override
    public Description description() {
        return new Description(
                "season.recalculate",
                "1.0.0",
                "Recalculate all ratings of the season",
                List.of("season"),
                Risk.MEDIUM,
                Map.of(),
                Map.of(
                        "type", "object",
                        "properties", Map.of(
                                "players", Map.of("type", "integer"),
                                "best", Map.of(
                                        "type", List.of("string", "null"),
                                        "title", "Name of the best player"))));
    }

    /** The best player's name; null where there is no player. */
    record Season(int players, String best) {}

    /** Goes through all players, and changes nothing if it is cancelled on the way. */
    @Override
    public Season run(JsonNode payload, Call call) throws CallerGoneException, InterruptedException {
        List<Player> all = players.all();
        Map<String, Integer> ratings = new HashMap<>();
        Player best = null;
        for (Player player : all) {
            Thread.sleep(readTime.toMillis());
            int rating = PlayerStore.INITIAL_RATING + player.wins() * WIN_POINTS - player.losses() * LOSS_POINTS;
            if (best == null || rating > ratings.get(best.id())) {
                best = player;
            }
            ratings.put(player.id(), rating);
            call.progress(100.0 * ratings.size() / all.size(), player.name());
        }
        players.rate(ratings);
        call.log("recalculated " + all.size() + " players");
        return new Season(all.size(), best == null ? null : best.name());
    }
}
