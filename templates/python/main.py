"""Puts the game server together. Run it with `uvicorn main:app`."""

from fastapi import FastAPI

from functions.player import player_functions
from functions.player_store import PlayerStore
from functions.season import season_functions
from functions.server import server_functions
from serve_functions import serve_functions


def create_app(players: PlayerStore) -> FastAPI:
    app = FastAPI(title="game-server", version="1.0.0")
    serve_functions(app, player_functions(players), server_functions(players), season_functions(players))
    return app


app = create_app(PlayerStore())
