package com.example.game;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.game.GameFunction.CallerGoneException;
import com.example.game.PlayerStore.Ban;
import com.example.game.PlayerStore.Player;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.web.server.ResponseStatusException;
import tools.jackson.databind.json.JsonMapper;

class FunctionsTest {

    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final JsonMapper json = JsonMapper.shared();
    private final PlayerStore players =
            new PlayerStore(List.of(new Player("1", "ada", 3, 1), new Player("2", "brin", 0, 2)));
    private final PlayerBan ban = new PlayerBan(players, Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void aBanTakesThePlayerOfflineUntilItsEnd() {
        var answer = ban.run(json.readTree("{'playerId': '1', 'reason': 'spam', 'hours': 2}".replace('\'', '"')), null);

        Instant until = Instant.parse("2026-01-01T02:00:00Z");
        assertThat(answer).isEqualTo(new PlayerBan.Answer("success", "1", until));
        Player ada = players.all().get(0);
        assertThat(ada.ban()).isEqualTo(new Ban("spam", until));
        assertThat(ada.online()).isFalse();
    }

    @Test
    void aBanWithoutHoursHasNoEnd() {
        assertThat(ban.run(json.readTree("{\"playerId\": \"1\"}"), null).until()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"playerId\": \"9\"} | 404",
                "null | 400",
                "{} | 400",
                "{\"playerId\": 7} | 400",
                "{\"playerId\": \"1\", \"hours\": -1} | 400",
                "{\"playerId\": \"1\", \"hours\": 1e9} | 400",
                "{\"playerId\": \"1\", \"reason\": 1} | 400",
            })
    void aBanIsRefused(String payload, int status) {
        assertThatThrownBy(() -> ban.run(json.readTree(payload), null))
                .isInstanceOfSatisfying(
                        ResponseStatusException.class,
                        refused -> assertThat(refused.getStatusCode().value()).isEqualTo(status));
        assertThat(players.all()).allMatch(player -> player.ban() == null);
    }

    @Test
    void theStatusCountsWhoIsOnline() {
        var status = new ServerStatus(players, 3);
        assertThat(status.run(json.nullNode(), null).online()).isEqualTo(1);
        players.ban("1", new Ban("", null));
        assertThat(status.run(json.nullNode(), null).online()).isZero();
        assertThat(status.run(json.nullNode(), null).generation()).isEqualTo(3);
    }

    @Test
    void aSeasonIsRecalculatedFromWinsAndLosses() throws Exception {
        var call = new Recorder(Integer.MAX_VALUE);

        var season = new SeasonRecalculate(players, Duration.ZERO).run(json.nullNode(), call);

        assertThat(season).isEqualTo(new SeasonRecalculate.Season(2, "ada"));
        assertThat(players.all()).extracting(Player::rating).containsExactly(1060, 970);
        assertThat(call.percents).containsExactly(50.0, 100.0);
    }

    @Test
    void aCancelledSeasonChangesNoRating() {
        var season = new SeasonRecalculate(players, Duration.ZERO);
        assertThatThrownBy(() -> season.run(json.nullNode(), new Recorder(1)))
                .isInstanceOf(CallerGoneException.class);
        assertThat(players.all()).extracting(Player::rating).containsExactly(1000, 1000);
    }

    /** A call whose caller goes away after some reports of progress. */
    private static final class Recorder implements GameFunction.Call {

        final List<Double> percents = new ArrayList<>();
        private final int goneAfter;

        Recorder(int goneAfter) {
            this.goneAfter = goneAfter;
        }

        @Override
        public void progress(double percent, String message) throws CallerGoneException {
            if (percents.size() == goneAfter) {
                throw new CallerGoneException(new IOException("broken pipe"));
            }
            percents.add(percent);
        }

        @Override
        public void log(String message) {}
    }
}
