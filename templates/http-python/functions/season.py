import time
from typing import Any

from functions.player_store import INITIAL_RATING, PlayerStore
from serve_functions import Call, GameFunction

WIN_POINTS = 25
LOSS_POINTS = 15
# What one player costs, as if the games were read from a database.
READ_SECONDS = 0.05


def season_functions(players: PlayerStore) -> list[GameFunction]:
    return [
        GameFunction(
            id="season.recalculate",
            version="1.0.0",
            summary="Recalculate all ratings of the season",
            tags=["season"],
            risk="medium",
            output_schema={
                "type": "object",
                "properties": {
                    "players": {"type": "integer"},
                    "best": {"type": ["string", "null"], "title": "Name of the best player"},
                },
            },
            run=lambda _payload, call: recalculate_season(players, call),
        )
    ]


def recalculate_season(players: PlayerStore, call: Call, read_seconds: float = READ_SECONDS) -> dict[str, Any]:
    """Goes through all players, and changes nothing if it is cancelled on the way."""
    everybody = players.all()
    ratings: dict[str, int] = {}
    for count, player in enumerate(everybody, start=1):
        time.sleep(read_seconds)
        ratings[player.id] = INITIAL_RATING + player.wins * WIN_POINTS - player.losses * LOSS_POINTS
        call.progress(count / len(everybody) * 100, player.name)
    players.rate(ratings)
    best = max(everybody, key=lambda player: player.rating, default=None)
    call.log(f"recalculated {len(everybody)} players")
    return {"players": len(everybody), "best": None if best is None else best.name}
