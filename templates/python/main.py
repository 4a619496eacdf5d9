"""Puts the game server together. Run it with `uvicorn main:app`."""

import logging
import os

from fastapi import FastAPI

from croupier import Service
from croupier.asgi import lifespan
from game import Game
from player_store import PlayerStore

logging.basicConfig(level=logging.INFO)

service = Service(
    service_id="game-server",
    functions="functions",
    context=Game(PlayerStore()),
    # Where nobody else watches: croupier dev does it by itself.
    watch="WATCH_FUNCTIONS" in os.environ,
)
app = FastAPI(title="game-server", version="1.0.0", lifespan=lifespan(service))


@app.get("/healthz")
async def health() -> dict[str, str]:
    return {"agent": service.get_reload_status().connection_status}
