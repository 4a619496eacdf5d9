from datetime import datetime, timedelta, timezone
from typing import Literal

from pydantic import BaseModel, Field

from croupier import FunctionError, function
from game import Game
from player_store import Ban, PlayerStore

# Ten years; for longer leave the hours away.
MAX_HOURS = 10 * 365 * 24


class BanRequest(BaseModel):
    player_id: str = Field(alias="playerId", title="Player", min_length=1)
    reason: str = Field("", title="Reason", max_length=200)
    hours: float | None = Field(None, title="Hours", gt=0, le=MAX_HOURS, strict=True, description="Empty: for ever")


class BanAnswer(BaseModel):
    result: Literal["success"] = "success"
    player_id: str = Field(serialization_alias="playerId")
    until: datetime | None


@function("player.ban", version="1.0.0", summary="Ban a player", tags=["player", "moderation"], risk="high")
def ban(request: BanRequest, context: Game) -> BanAnswer:
    return ban_player(context.players, request)


def ban_player(players: PlayerStore, request: BanRequest, now: datetime | None = None) -> BanAnswer:
    player = players.find(request.player_id)
    if player is None:
        raise FunctionError("NOT_FOUND", f"there is no player {request.player_id}")
    until = None
    if request.hours is not None:
        until = (now or datetime.now(timezone.utc)) + timedelta(hours=request.hours)
    players.ban(player, Ban(request.reason, until))
    return BanAnswer(player_id=player.id, until=until)
