import asyncio
from datetime import datetime, timezone
from typing import Any

import pytest
from fastapi.testclient import TestClient
from main import create_app

from functions.player import BanRequest, ban_player
from functions.player_store import Ban, Player, PlayerStore
from functions.season import recalculate_season
from functions.server import server_status
from serve_functions import Event

ACCEPTS_EVENTS = {"accept": "text/event-stream, application/x-ndjson, application/json"}


@pytest.fixture
def players() -> PlayerStore:
    return PlayerStore([Player("1", "ada", wins=3, losses=1), Player("2", "brin", wins=0, losses=2)])


@pytest.fixture
def client(players: PlayerStore) -> TestClient:
    return TestClient(create_app(players))


def test_a_ban_takes_the_player_offline_until_its_end(players: PlayerStore) -> None:
    now = datetime(2026, 1, 1, tzinfo=timezone.utc)

    answer = ban_player(players, BanRequest(playerId="1", reason="spam", hours=2), now)

    until = datetime(2026, 1, 1, 2, tzinfo=timezone.utc)
    assert (answer.result, answer.player_id, answer.until) == ("success", "1", until)
    player = players.find("1")
    assert player is not None
    assert player.ban == Ban("spam", until)
    assert not player.online


def test_a_ban_without_hours_has_no_end(client: TestClient) -> None:
    answer = client.post("/functions/player.ban", json={"playerId": "1"})
    assert answer.json() == {"result": "success", "playerId": "1", "until": None}


@pytest.mark.parametrize(
    ("payload", "status", "detail"),
    [
        ({"playerId": "9"}, 404, "there is no player 9"),
        (None, 400, "Field required"),
        ({}, 400, "playerId: Field required"),
        ({"playerId": 7}, 400, "playerId: Input should be a valid string"),
        ({"playerId": "1", "hours": -1}, 400, "hours: Input should be greater than 0"),
        ({"playerId": "1", "hours": 1e9}, 400, "hours: Input should be less than or equal to 87600"),
        ({"playerId": "1", "hours": True}, 400, "hours: Input should be a valid number"),
    ],
)
def test_a_ban_is_refused(
    client: TestClient, players: PlayerStore, payload: Any, status: int, detail: str
) -> None:
    answer = client.post("/functions/player.ban", json=payload)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]
    assert all(player.ban is None for player in players.all())


def test_the_status_counts_who_is_online(client: TestClient, players: PlayerStore) -> None:
    assert client.post("/functions/server.status").json()["online"] == 1
    client.post("/functions/player.ban", json={"playerId": "1"})
    assert client.post("/functions/server.status").json()["online"] == 0


def test_the_status_tells_the_generation_where_there_is_one(players: PlayerStore) -> None:
    assert server_status(players, {"CROUPIER_GENERATION": "3"}).generation == 3
    assert server_status(players, {}).generation is None


def test_a_season_is_recalculated_from_wins_and_losses(players: PlayerStore) -> None:
    async def run() -> list[Event]:
        return [event async for event in recalculate_season(players, read_seconds=0)]

    events = asyncio.run(run())

    assert [player.rating for player in players.all()] == [1060, 970]
    assert [event.progress for event in events if event.type == "progress"] == [50, 100]
    assert events[-1].payload == {"players": 2, "best": "ada"}


def test_a_cancelled_season_changes_no_rating(players: PlayerStore) -> None:
    async def run() -> None:
        async for _event in recalculate_season(players, read_seconds=0):
            break

    asyncio.run(run())
    assert [player.rating for player in players.all()] == [1000, 1000]


def test_a_job_is_answered_with_its_result(client: TestClient) -> None:
    answer = client.post("/functions/season.recalculate")
    assert answer.json() == {"players": 2, "best": "ada"}


def test_the_events_of_a_job_come_line_by_line(client: TestClient) -> None:
    answer = client.post("/functions/season.recalculate", headers=ACCEPTS_EVENTS)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.text.splitlines() == [
        '{"type": "progress", "progress": 50, "message": "ada"}',
        '{"type": "progress", "progress": 100, "message": "brin"}',
        '{"type": "log", "message": "recalculated 2 players"}',
        '{"type": "done", "progress": 100, "payload": {"players": 2, "best": "ada"}}',
    ]


def test_the_manifest_tells_about_each_function(client: TestClient) -> None:
    told = {one["id"]: one for one in client.get("/croupier/manifest.json").json()["functions"]}
    assert list(told) == ["player.ban", "server.status", "season.recalculate"]
    ban = told["player.ban"]
    assert ban["http"] == "POST /functions/player.ban"
    assert ban["request"]["json_schema"]["required"] == ["playerId"]
    assert set(ban["response"]["json_schema"]["properties"]) == {"result", "playerId", "until"}
