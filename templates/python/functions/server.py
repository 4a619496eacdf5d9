import os
import time
from collections.abc import Mapping

from pydantic import BaseModel, Field

from functions.player_store import PlayerStore
from serve_functions import Functions

VERSION = "1.0.0"

_started_at = time.monotonic()


class Status(BaseModel):
    online: int
    uptime_seconds: float = Field(serialization_alias="uptimeSeconds")
    version: str
    generation: int | None = Field(description="Counts restarts under croupier dev")


def server_functions(players: PlayerStore) -> Functions:
    functions = Functions()

    @functions.function(
        "server.status",
        version="1.0.0",
        summary="Show how the server is doing",
        tags=["server"],
        risk="low",
        response=Status,
    )
    async def status() -> Status:
        return server_status(players)

    return functions


def server_status(players: PlayerStore, env: Mapping[str, str] = os.environ) -> Status:
    generation = env.get("CROUPIER_GENERATION")
    return Status(
        online=players.count_online(),
        uptime_seconds=round(time.monotonic() - _started_at),
        version=VERSION,
        generation=None if generation is None else int(generation),
    )
