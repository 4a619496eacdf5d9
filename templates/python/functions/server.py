import os
import time
from collections.abc import Mapping

from pydantic import BaseModel, Field

from croupier import function
from game import Game

VERSION = "1.0.0"


class Status(BaseModel):
    online: int
    uptime_seconds: float = Field(serialization_alias="uptimeSeconds")
    version: str
    generation: int | None = Field(description="Counts restarts under croupier dev")


@function("server.status", version=VERSION, summary="Show how the server is doing", tags=["server"], risk="low")
def status(context: Game) -> Status:
    return server_status(context)


def server_status(game: Game, env: Mapping[str, str] = os.environ) -> Status:
    generation = env.get("CROUPIER_GENERATION")
    return Status(
        online=game.players.count_online(),
        uptime_seconds=round(time.monotonic() - game.started_at),
        version=VERSION,
        generation=None if generation is None else int(generation),
    )
