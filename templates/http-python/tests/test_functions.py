import unittest
from datetime import datetime, timezone

from function_error import FunctionError
from functions.player import ban_player
from functions.player_store import Ban, Player, PlayerStore
from functions.season import recalculate_season
from functions.server import server_status
from serve_functions import CallerGone


def create_players() -> PlayerStore:
    return PlayerStore([Player("1", "ada", wins=3, losses=1), Player("2", "brin", wins=0, losses=2)])


class Recorder:
    """A call whose caller goes away after some reports of progress."""

    def __init__(self, gone_after: int | None = None) -> None:
        self.percents: list[float] = []
        self._gone_after = gone_after

    def progress(self, percent: float, message: str = "") -> None:
        if len(self.percents) == self._gone_after:
            raise CallerGone
        self.percents.append(percent)

    def log(self, message: str) -> None:
        pass


class PlayerBan(unittest.TestCase):
    def test_takes_the_player_offline_until_its_end(self) -> None:
        players = create_players()
        now = datetime(2026, 1, 1, tzinfo=timezone.utc)

        answer = ban_player(players, {"playerId": "1", "reason": "spam", "hours": 2}, now)

        self.assertEqual(
            answer, {"result": "success", "playerId": "1", "until": "2026-01-01T02:00:00.000Z"}
        )
        player = players.find("1")
        assert player is not None
        self.assertEqual(player.ban, Ban("spam", datetime(2026, 1, 1, 2, tzinfo=timezone.utc)))
        self.assertFalse(player.online)

    def test_has_no_end_without_hours(self) -> None:
        self.assertIsNone(ban_player(create_players(), {"playerId": "1"})["until"])

    def test_of_nobody_is_refused(self) -> None:
        with self.assertRaises(FunctionError) as refused:
            ban_player(create_players(), {"playerId": "9"})
        self.assertEqual(refused.exception.status, 404)

    def test_checks_what_it_is_given(self) -> None:
        wrong = [
            None,
            {},
            {"playerId": 7},
            {"playerId": "1", "hours": -1},
            {"playerId": "1", "hours": 1e9},
            {"playerId": "1", "hours": True},
        ]
        for payload in wrong:
            with self.subTest(payload=payload), self.assertRaises(FunctionError) as refused:
                ban_player(create_players(), payload)
            self.assertEqual(refused.exception.status, 400)


class ServerStatus(unittest.TestCase):
    def test_counts_who_is_online(self) -> None:
        players = create_players()
        self.assertEqual(server_status(players)["online"], 1)
        ban_player(players, {"playerId": "1"})
        self.assertEqual(server_status(players)["online"], 0)

    def test_tells_the_generation_where_there_is_one(self) -> None:
        self.assertEqual(server_status(create_players(), {"CROUPIER_GENERATION": "3"})["generation"], 3)
        self.assertIsNone(server_status(create_players(), {})["generation"])


class SeasonRecalculate(unittest.TestCase):
    def test_rates_by_wins_and_losses_with_progress_up_to_100(self) -> None:
        players, call = create_players(), Recorder()

        result = recalculate_season(players, call, read_seconds=0)

        self.assertEqual(result, {"players": 2, "best": "ada"})
        self.assertEqual([player.rating for player in players.all()], [1060, 970])
        self.assertEqual(call.percents, [50, 100])

    def test_changes_nothing_when_it_is_cancelled(self) -> None:
        players = create_players()
        with self.assertRaises(CallerGone):
            recalculate_season(players, Recorder(gone_after=1), read_seconds=0)
        self.assertEqual([player.rating for player in players.all()], [1000, 1000])


if __name__ == "__main__":
    unittest.main()
