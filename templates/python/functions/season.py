import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field

from functions.player_store import INITIAL_RATING, PlayerStore
from serve_functions import Event, Functions, answer_job, done, log, progress

WIN_POINTS = 25
LOSS_POINTS = 15
# What one player costs, as if the games were read from a database.
READ_SECONDS = 0.05


class Season(BaseModel):
    players: int
    best: str | None = Field(title="Name of the best player")


def season_functions(players: PlayerStore) -> Functions:
    functions = Functions()

    @functions.function(
        "season.recalculate",
        version="1.0.0",
        summary="Recalculate all ratings of the season",
        tags=["season"],
        risk="medium",
        response=Season,
    )
    async def recalculate(request: Request) -> Any:
        return await answer_job(request, recalculate_season(players))

    return functions


async def recalculate_season(players: PlayerStore, read_seconds: float = READ_SECONDS) -> AsyncIterator[Event]:
    """Goes through all players, and changes nothing if it is cancelled on the way: then nobody asks for the next event."""
    everybody = players.all()
    ratings: dict[str, int] = {}
    for count, player in enumerate(everybody, start=1):
        await asyncio.sleep(read_seconds)
        ratings[player.id] = INITIAL_RATING + player.wins * WIN_POINTS - player.losses * LOSS_POINTS
        yield progress(count / len(everybody) * 100, player.name)
    for player in everybody:
        player.rating = ratings[player.id]
    best = max(everybody, key=lambda player: player.rating, default=None)
    yield log(f"recalculated {len(everybody)} players")
    yield done(Season(players=len(everybody), best=None if best is None else best.name))
