package com.example.game;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Players in memory: replace it with your database. Everything is lost when the process restarts. */
public final class PlayerStore {

    /** Where everybody begins a season. */
    public static final int INITIAL_RATING = 1000;

    /** For ever where {@code until} is null. */
    public record Ban(String reason, Instant until) {}

    public record Player(String id, String name, int wins, int losses, boolean online, int rating, Ban ban) {

        public Player(String id, String name, int wins, int losses) {
            this(id, name, wins, losses, wins > losses, INITIAL_RATING, null);
        }

        Player banned(Ban newBan) {
            return new Player(id, name, wins, losses, false, rating, newBan);
        }

        Player rated(int newRating) {
            return new Player(id, name, wins, losses, online, newRating, ban);
        }
    }

    private final Map<String, Player> players = new LinkedHashMap<>();

    public PlayerStore(List<Player> players) {
        players.forEach(player -> this.players.put(player.id(), player));
    }

    public synchronized List<Player> all() {
        return List.copyOf(players.values());
    }

    public synchronized long countOnline() {
        return players.values().stream().filter(Player::online).count();
    }

    /** Bans a player and takes them offline; false where there is no such player. A second ban replaces the first. */
    public synchronized boolean ban(String id, Ban ban) {
        return players.computeIfPresent(id, (key, player) -> player.banned(ban)) != null;
    }

    /** Sets the ratings of the players with these ids, all at once. */
    public synchronized void rate(Map<String, Integer> ratings) {
        ratings.forEach((id, rating) -> players.computeIfPresent(id, (key, player) -> player.rated(rating)));
    }

    /** Names and scores that look like a small game after its first evening. */
    public static List<Player> demoPlayers() {
        List<String> names =
                List.of("ada", "brin", "cato", "dova", "enzo", "faye", "goro", "hana", "ivo", "juno");
        return IntStream.range(0, names.size())
                .mapToObj(i -> new Player(String.valueOf(i + 1), names.get(i), i * 7 % 20, i * 3 % 11))
                .toList();
    }
}
