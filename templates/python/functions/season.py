import asyncio

from pydantic import BaseModel, Field

from croupier import JobContext, job
from game import Game
from player_store import INITIAL_RATING, PlayerStore

WIN_POINTS = 25
LOSS_POINTS = 15
# What one player costs, as if the games were read from a database.
READ_SECONDS = 0.05


class Season(BaseModel):
    players: int
    best: str | None = Field(title="Name of the best player")


@job(
    "season.recalculate",
    version="1.0.0",
    summary="Recalculate all ratings of the season",
    tags=["season"],
    risk="medium",
)
async def recalculate(call: JobContext, context: Game) -> Season:
    return await recalculate_season(context.players, call)


async def recalculate_season(players: PlayerStore, call: JobContext, read_seconds: float = READ_SECONDS) -> Season:
    """Goes through all players. Cancelled on the way, which happens at an `await`, it has changed no rating."""
    everybody = players.all()
    ratings: dict[str, int] = {}
    for count, player in enumerate(everybody, start=1):
        await asyncio.sleep(read_seconds)
        ratings[player.id] = INITIAL_RATING + player.wins * WIN_POINTS - player.losses * LOSS_POINTS
        call.progress(count / len(everybody) * 100, player.name)
    for player in everybody:
        player.rating = ratings[player.id]
    best = max(everybody, key=lambda player: player.rating, default=None)
    call.log(f"recalculated {len(everybody)} players")
    return Season(players=len(everybody), best=None if best is None else best.name)
