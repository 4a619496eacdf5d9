"""How a service is set up: what the app says, the environment on top, the defaults below."""

import difflib
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from .backoff import Backoff
from .errors import OptionError

if TYPE_CHECKING:
    from typing_extensions import Unpack

DEFAULT_AGENT = "127.0.0.1:19090"
# An agent on the own machine is back at once after its restart; another machine is not to be hurried.
LOOPBACK_DELAY, LOOPBACK_CAP = 0.1, 5.0
REMOTE_DELAY, REMOTE_CAP = 5.0, 60.0
DEFAULT_RETRIES = 10
DEFAULT_HEALTH_CHECK = 30.0
DEFAULT_SHUTDOWN = 30.0
# As many as Starlette has for plain handlers.
DEFAULT_THREADS = 40


class ConfigChange(TypedDict, total=False):
    """What can change while the service runs. Durations are in seconds."""

    # Come back by itself after a loss. False: nothing is tried until reconnect(). Default: True.
    auto_reconnect: bool
    # The first pause before coming back; doubles, +-25 %, to 60 s. Default: 5 s; 100 ms, to 5 s, where the agent is on
    # loopback.
    reconnect_delay: float
    # After so many failures in a row the status is `error`, and it is tried only at each health check. 0: no such
    # limit. Default: 10.
    max_retry_attempts: int
    # Pause between heartbeats; a failed one ends the connection. Default: 30 s.
    health_check_interval: float
    # How long calls and jobs under way may take at the end, before they are cancelled. Default: 30 s.
    graceful_shutdown_timeout: float
    # Of the service. `CROUPIER_SERVICE_VERSION` overrides it at the start. Default: `1.0.0`.
    version: str


class ServiceOptions(ConfigChange, total=False):
    """Everything has a default."""

    # Stable over restarts. `CROUPIER_SERVICE_ID` overrides it; default: the name of the current folder.
    service_id: str
    # `CROUPIER_GAME_ID` overrides it. Told by `service.game_id`; it is not part of a registration.
    game_id: str
    # Such as `development`. `CROUPIER_ENV` overrides it. Told by `service.env`; it is not part of a registration.
    env: str
    # `host:port` of the agent. `CROUPIER_AGENT_ADDR` overrides it; default: `127.0.0.1:19090`.
    agent_address: str
    # `host:port` to serve on; port 0 is any free one. Default: `127.0.0.1:0`.
    listen: str
    # `host:port` that the agent is told to call, where that is not the address served on (containers).
    advertise: str
    # Folder of function modules, relative to the current one. Default: none.
    functions: str | Path
    # Given to handlers that have a parameter `context`: what has to outlive a reload, such as stores and services.
    context: Any
    # Watch the folder of function modules and reload what changes. Needs watchdog. Off under `croupier dev`, which
    # watches for us. Default: False.
    watch: bool
    # How many plain handlers run at a time, each in a thread. Default: 40.
    threads: int
    # Shut down gracefully on SIGTERM and SIGINT. Default: False; a web server has its own way (croupier.asgi).
    handle_signals: bool
    # Register as `<service id>-<n>`: several processes serve beside each other. Default: where Gunicorn or uvicorn
    # started workers.
    worker_ids: bool
    # Called when no call is under way any more, before the server goes: the place to save state.
    on_close: Callable[[], Awaitable[None] | None]


@dataclass(frozen=True)
class ServiceSettings:
    """What came of the options. `backoff`, intervals and timeouts are in seconds."""

    service_id: str
    version: str
    game_id: str | None
    env: str | None
    # Which life of the process this is under `croupier dev`; None when started by hand.
    generation: int | None
    agent_address: str
    listen: str
    advertise: str | None
    functions: Path | None
    context: Any
    watch: bool
    threads: int
    handle_signals: bool
    worker_ids: bool | None
    on_close: Callable[[], Awaitable[None] | None]
    auto_reconnect: bool
    backoff: Backoff
    max_retry_attempts: int
    health_check_interval: float
    graceful_shutdown_timeout: float


def resolve_settings(environment: Mapping[str, str], cwd: Path, **options: "Unpack[ServiceOptions]") -> ServiceSettings:
    """OptionError at a mistake: it names the option and its value."""
    _check_names(options, ServiceOptions)
    agent = environment.get("CROUPIER_AGENT_ADDR") or options.get("agent_address", DEFAULT_AGENT)
    advertise = options.get("advertise")
    functions = options.get("functions")
    worker_ids = options.get("worker_ids")
    return ServiceSettings(
        service_id=_text(
            "service_id",
            environment.get("CROUPIER_SERVICE_ID") or options.get("service_id") or cwd.name or "service",
        ),
        version=_text("version", environment.get("CROUPIER_SERVICE_VERSION") or options.get("version", "1.0.0")),
        game_id=environment.get("CROUPIER_GAME_ID") or options.get("game_id"),
        env=environment.get("CROUPIER_ENV") or options.get("env"),
        generation=_generation(environment.get("CROUPIER_GENERATION", "")),
        agent_address=_address("agent_address", agent),
        listen=_address("listen", options.get("listen", "127.0.0.1:0")),
        advertise=None if advertise is None else _address("advertise", advertise),
        functions=None if functions is None else Path(functions),
        context=options.get("context"),
        watch=_flag("watch", options.get("watch", False)) and environment.get("CROUPIER_HOTRELOAD") != "true",
        threads=_whole("threads", options.get("threads", DEFAULT_THREADS), 1),
        handle_signals=_flag("handle_signals", options.get("handle_signals", False)),
        worker_ids=None if worker_ids is None else _flag("worker_ids", worker_ids),
        on_close=options.get("on_close", lambda: None),
        auto_reconnect=_flag("auto_reconnect", options.get("auto_reconnect", True)),
        backoff=_backoff(agent, options.get("reconnect_delay")),
        max_retry_attempts=_whole("max_retry_attempts", options.get("max_retry_attempts", DEFAULT_RETRIES), 0),
        health_check_interval=_interval(
            "health_check_interval", options.get("health_check_interval", DEFAULT_HEALTH_CHECK)
        ),
        graceful_shutdown_timeout=seconds(
            "graceful_shutdown_timeout", options.get("graceful_shutdown_timeout", DEFAULT_SHUTDOWN)
        ),
    )


def check_change(settings: ServiceSettings, change: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the settings that a change sets; OptionError at a mistake."""
    _check_names(change, ConfigChange)
    checks: dict[str, Callable[[Any], Any]] = {
        "auto_reconnect": lambda value: _flag("auto_reconnect", value),
        "max_retry_attempts": lambda value: _whole("max_retry_attempts", value, 0),
        "health_check_interval": lambda value: _interval("health_check_interval", value),
        "graceful_shutdown_timeout": lambda value: seconds("graceful_shutdown_timeout", value),
        "version": lambda value: _text("version", value),
    }
    fields = {name: checks[name](value) for name, value in change.items() if name != "reconnect_delay"}
    if "reconnect_delay" in change:
        fields["backoff"] = _backoff(settings.agent_address, change["reconnect_delay"])
    return fields


def advertised_address(listen: str, port: int) -> str:
    """What the agent is told to call: a wildcard is nothing that can be dialled, so it becomes loopback."""
    host = listen.rpartition(":")[0]
    return f"{'127.0.0.1' if host in ('', '0.0.0.0', '[::]') else host}:{port}"


def seconds(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
        return float(value)
    raise OptionError(f"{name} is a number of seconds, 0 or more; got {value!r}")


def _interval(name: str, value: object) -> float:
    if seconds(name, value) > 0:
        return seconds(name, value)
    raise OptionError(f"{name} is a number of seconds, more than 0; got {value!r}")


def _backoff(agent: str, delay: object) -> Backoff:
    host = agent.rpartition(":")[0]
    loopback = host in ("localhost", "[::1]") or host.startswith("127.")
    default, cap = (LOOPBACK_DELAY, LOOPBACK_CAP) if loopback else (REMOTE_DELAY, REMOTE_CAP)
    initial = default if delay is None else seconds("reconnect_delay", delay)
    return Backoff(initial, max(initial, cap))


def _check_names(given: Mapping[str, Any], known: Any) -> None:
    names = sorted(known.__annotations__)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
            raise OptionError(f"there is no option {name}; {hint}")


def _text(name: str, value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise OptionError(f"{name} is a text; got {value!r}")


def _flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise OptionError(f"{name} is True or False; got {value!r}")


def _whole(name: str, value: object, least: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= least:
        return value
    raise OptionError(f"{name} is a whole number, {least} or more; got {value!r}")


def _address(name: str, value: object) -> str:
    found = re.fullmatch(r"(?:\[[^\]]+\]|[^:/\[\]]*):(\d{1,5})", value) if isinstance(value, str) else None
    if found is None or int(found[1]) > 65_535 or not isinstance(value, str):
        raise OptionError(f"{name} is host:port, such as '127.0.0.1:19090'; got {value!r}")
    return f"0.0.0.0{value}" if value.startswith(":") else value


def _generation(text: str) -> int | None:
    return int(text) if text.isdecimal() and int(text) > 0 else None
