"""What happens to a service. `service.on(events.Registered, listener)`; Event itself stands for all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .registry import VersionChange
from .reload_result import FailedFunction


@dataclass(frozen=True)
class Event:
    """The base of all events."""


@dataclass(frozen=True)
class Connected(Event):
    """The agent answers."""

    agent_address: str


@dataclass(frozen=True)
class Registered(Event):
    """The agent took our registration: at the start, after each reconnect, and when the functions have changed."""

    session_id: str
    functions: tuple[str, ...]


@dataclass(frozen=True)
class Disconnected(Event):
    """The agent is gone or was never there; the next attempt is in `retry_in` seconds. None: only reconnect() tries."""

    reason: str
    retry_in: float | None


@dataclass(frozen=True)
class Reconnected(Event):
    """Registered again after a loss, for the so-manyth time."""

    reconnect_count: int


@dataclass(frozen=True)
class FunctionReloaded(Event):
    """One function has another version. Empty versions: it is new, or gone."""

    id: str
    old_version: str
    new_version: str


@dataclass(frozen=True)
class FunctionsReloaded(Event):
    """A reload is over, with what came of it."""

    reloaded: tuple[VersionChange, ...]
    failed: tuple[FailedFunction, ...]


@dataclass(frozen=True)
class ReloadFailed(Event):
    """A function could not be reloaded. `rolled_back`: its old version still serves."""

    id: str
    path: str
    error: str
    rolled_back: bool


@dataclass(frozen=True)
class ConfigReloaded(Event):
    change: Mapping[str, Any]


@dataclass(frozen=True)
class RolledBack(Event):
    id: str
    old_version: str
    new_version: str


@dataclass(frozen=True)
class RestartNeeded(Event):
    """A change cannot be taken while the process runs."""

    reason: str


@dataclass(frozen=True)
class ShuttingDown(Event):
    """The graceful shutdown has begun."""


@dataclass(frozen=True)
class Closed(Event):
    """Everything is shut."""


@dataclass(frozen=True)
class Error(Event):
    """The agent refuses us, or it was tried in vain for so often that it is tried only now and then."""

    message: str
