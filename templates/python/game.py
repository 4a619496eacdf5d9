import time
from dataclasses import dataclass, field

from player_store import PlayerStore


@dataclass(frozen=True)
class Game:
    """What all functions share, as their `context`. It stays when they are reloaded."""

    players: PlayerStore
    # In seconds of time.monotonic().
    started_at: float = field(default_factory=time.monotonic)
