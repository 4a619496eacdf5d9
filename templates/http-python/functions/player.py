from datetime import datetime, timedelta, timezone
from typing import Any

from function_error import FunctionError
from functions.player_store import Ban, PlayerStore
from serve_functions import GameFunction

# Ten years; for longer leave the hours away.
MAX_HOURS = 10 * 365 * 24


def player_functions(players: PlayerStore) -> list[GameFunction]:
    return [
        GameFunction(
            id="player.ban",
            version="1.0.0",
            summary="Ban a player",
            tags=["player", "moderation"],
            risk="high",
            input_schema={
                "type": "object",
                "required": ["playerId"],
                "properties": {
                    "playerId": {"type": "string", "title": "Player", "minLength": 1},
                    "reason": {"type": "string", "title": "Reason", "maxLength": 200},
                    "hours": {
                        "type": "number",
                        "title": "Hours",
                        "exclusiveMinimum": 0,
                        "description": "Empty: for ever",
                    },
                },
            },
            output_schema={
                "type": "object",
                "properties": {
                    "result": {"const": "success"},
                    "playerId": {"type": "string"},
                    "until": {"type": ["string", "null"], "format": "date-time"},
                },
            },
            run=lambda payload, _call: ban_player(players, payload),
        )
    ]


def ban_player(players: PlayerStore, payload: Any, now: datetime | None = None) -> dict[str, Any]:
    """`payload` is what the caller sent: anything."""
    player_id, reason, hours = read_ban(payload)
    player = players.find(player_id)
    if player is None:
        raise FunctionError(404, f"there is no player {player_id}")
    until = None if hours is None else (now or datetime.now(timezone.utc)) + timedelta(hours=hours)
    players.ban(player, Ban(reason, until))
    return {"result": "success", "playerId": player_id, "until": None if until is None else show_time(until)}


def read_ban(payload: Any) -> tuple[str, str, float | None]:
    if not isinstance(payload, dict):
        raise FunctionError(400, "the payload must be an object")
    player_id = payload.get("playerId")
    reason = payload.get("reason", "")
    hours = payload.get("hours")
    if not isinstance(player_id, str) or player_id == "":
        raise FunctionError(400, "playerId must be a text")
    if not isinstance(reason, str):
        raise FunctionError(400, "reason must be a text")
    # True and False are numbers to Python.
    is_number = isinstance(hours, int | float) and not isinstance(hours, bool)
    if hours is not None and not (is_number and 0 < hours <= MAX_HOURS):
        raise FunctionError(400, f"hours must be a number above 0, at most {MAX_HOURS}")
    return player_id, reason, hours


def show_time(time: datetime) -> str:
    """As JSON has it: 2026-01-01T02:00:00.000Z."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
