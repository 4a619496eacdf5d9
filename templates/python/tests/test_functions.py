import asyncio
from datetime import datetime, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from croupier import FunctionError
from croupier.testing import RecordedCall
from functions.player import BanRequest, ban, ban_player
from functions.season import recalculate_season
from functions.server import server_status, status
from game import Game
from player_store import Ban, Player, PlayerStore


@pytest.fixture
def players() -> PlayerStore:
    return PlayerStore([Player("1", "ada", wins=3, losses=1), Player("2", "brin", wins=0, losses=2)])


def test_a_ban_takes_the_player_offline_until_its_end(players: PlayerStore) -> None:
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)

    answer = ban_player(players, BanRequest(playerId="1", reason="spam", hours=2), now)

    until = datetime(2026, 1, 1, 2, tzinfo=timezone.utc)
    assert (answer.result, answer.player_id, answer.until) == ("success", "1", until)
    player = players.find("1")
    assert player is not None
    assert player.ban == Ban("spam", until)
    assert not player.online


def test_a_ban_without_hours_has_no_end(players: PlayerStore) -> None:
    assert ban(BanRequest(playerId="1"), Game(players)).until is None


def test_nobody_can_ban_a_player_who_is_not_there(players: PlayerStore) -> None:
    with pytest.raises(FunctionError, match="there is no player 9") as refused:
        ban(BanRequest(playerId="9"), Game(players))
    assert refused.value.code == "NOT_FOUND"


@pytest.mark.parametrize(
    "payload",
    [{}, {"playerId": 7}, {"playerId": ""}, {"playerId": "1", "hours": -1}, {"playerId": "1", "hours": 1e9}],
)
def test_what_is_no_ban_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BanRequest.model_validate(payload)


def test_the_status_counts_who_is_online(players: PlayerStore) -> None:
    game = Game(players)
    assert status(game).online == 1
    ban(BanRequest(playerId="1"), game)
    assert status(game).online == 0


def test_the_status_tells_the_generation_where_there_is_one(players: PlayerStore) -> None:
    assert server_status(Game(players), {"CROUPIER_GENERATION": "3"}).generation == 3
    assert server_status(Game(players), {}).generation is None


def test_a_season_is_recalculated_from_wins_and_losses(players: PlayerStore) -> None:
    call = RecordedCall()

    season = asyncio.run(recalculate_season(players, call, read_seconds=0))

    assert [player.rating for player in players.all()] == [1060, 970]
    assert (season.players, season.best) == (2, "ada")
    assert call.reported == [("progress", "ada", 50), ("progress", "brin", 100), ("log", "recalculated 2 players", 0)]


def test_a_cancelled_season_changes_no_rating(players: PlayerStore) -> None:
    async def cancel_on_the_way() -> None:
        running = asyncio.create_task(recalculate_season(players, RecordedCall(), read_seconds=60))
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancel_on_the_way())
    assert [player.rating for player in players.all()] == [1000, 1000]
