from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

# Where everybody begins a season.
INITIAL_RATING = 1000


@dataclass(frozen=True)
class Ban:
    reason: str
    # None: for ever
    until: datetime | None


@dataclass
class Player:
    id: str
    name: str
    wins: int
    losses: int
    online: bool = False
    rating: int = INITIAL_RATING
    ban: Ban | None = None

    def __post_init__(self) -> None:
        self.online = self.wins > self.losses


class PlayerStore:
    """Players in memory: replace it with your database. Everything is lost when the process restarts.

    Plain functions run in threads, several at a time: whatever they share has to bear that, as the steps here do.
    """

    def __init__(self, players: Iterable[Player] | None = None) -> None:
        self._players = {player.id: player for player in (demo_players() if players is None else players)}

    def find(self, player_id: str) -> Player | None:
        return self._players.get(player_id)

    def all(self) -> list[Player]:
        return list(self._players.values())

    def count_online(self) -> int:
        return sum(player.online for player in self.all())

    def ban(self, player: Player, ban: Ban) -> None:
        """Bans the player and takes them offline. A second ban replaces the first."""
        player.ban = ban
        player.online = False


def demo_players() -> list[Player]:
    """Names and scores that look like a small game after its first evening."""
    names = ["ada", "brin", "cato", "dova", "enzo", "faye", "goro", "hana", "ivo", "juno"]
    return [
        Player(id=str(index + 1), name=name, wins=(index * 7) % 20, losses=(index * 3) % 11)
        for index, name in enumerate(names)
    ]
