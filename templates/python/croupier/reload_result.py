"""What came of a reload."""

from dataclasses import dataclass

from .registry import VersionChange


@dataclass(frozen=True)
class FailedFunction:
    """`id` empty: the file could not be loaded, and had no functions. `rolled_back`: the old version still serves."""

    id: str
    path: str
    error: str
    rolled_back: bool


@dataclass(frozen=True)
class ReloadResult:
    """`needs_restart`: the change cannot be taken otherwise, and nothing was changed; `reason` says why."""

    reloaded: tuple[VersionChange, ...] = ()
    failed: tuple[FailedFunction, ...] = ()
    needs_restart: bool = False
    reason: str = ""


@dataclass(frozen=True)
class ReloadStatus:
    """Counted since the start. `connection_status` is connected, disconnected, reloading or error.

    `last_reconnect` is in seconds of time.time(); None: never. `uptime` is in seconds.
    """

    connection_status: str
    reconnect_count: int
    last_reconnect: float | None
    function_reloads: int
    config_reloads: int
    failed_reloads: int
    functions_count: int
    uptime: float
