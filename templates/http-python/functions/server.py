import os
import time
from collections.abc import Mapping
from typing import Any

from functions.player_store import PlayerStore
from serve_functions import GameFunction

VERSION = "1.0.0"

_started_at = time.monotonic()


def server_functions(players: PlayerStore) -> list[GameFunction]:
    return [
        GameFunction(
            id="server.status",
            version="1.0.0",
            summary="Show how the server is doing",
            tags=["server"],
            risk="low",
            output_schema={
                "type": "object",
                "properties": {
                    "online": {"type": "integer"},
                    "uptimeSeconds": {"type": "number"},
                    "version": {"type": "string"},
                    "generation": {
                        "type": ["integer", "null"],
                        "description": "Counts restarts under croupier dev",
                    },
                },
            },
            run=lambda _payload, _call: server_status(players),
        )
    ]


def server_status(players: PlayerStore, env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    generation = env.get("CROUPIER_GENERATION")
    return {
        "online": players.count_online(),
        "uptimeSeconds": round(time.monotonic() - _started_at),
        "version": VERSION,
        "generation": None if generation is None else int(generation),
    }
