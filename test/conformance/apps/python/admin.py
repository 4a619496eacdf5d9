"""The app's function `admin`, by which the suite drives the SDK from inside."""

import resource
import sys
from pathlib import Path
from typing import Any

from croupier import Definition, DescriptorError, FunctionDescriptor, FunctionError, OptionError, Service, events

# What one number of the suite, in ms, is in the SDK, in seconds.
DURATIONS = {
    "reconnectDelay": "reconnect_delay",
    "healthCheckInterval": "health_check_interval",
    "gracefulShutdownTimeout": "graceful_shutdown_timeout",
}
OTHERS = {"autoReconnect": "auto_reconnect", "maxRetryAttempts": "max_retry_attempts", "version": "version"}


class Admin:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._events: list[str] = []
        service.on(events.Event, self._note)

    async def run(self, payload: Any) -> Any:
        match payload["do"]:
            case "status":
                return self._status()
            case "rollback":
                change = await self._service.rollback(payload["id"])
                return {"id": change.id, "oldVersion": change.old_version, "newVersion": change.new_version}
            case "reloadConfig":
                return await self._reload_config(payload["change"])
            case "reconnect":
                await self._service.reconnect()
                return {}
            case "inFlight":
                return self._service.in_flight
            case "events":
                return self._events
            case "memory":
                return resident_bytes()
            case "batch":
                return await self._replace_pair(payload["broken"])
            case other:
                raise FunctionError("INVALID_ARGUMENT", f"there is no command {other!r}")

    def _note(self, event: events.Event) -> None:
        name = type(event).__name__
        self._events.append(name[0].lower() + name[1:])

    def _status(self) -> dict[str, Any]:
        status = self._service.get_reload_status()
        return {
            "connectionStatus": status.connection_status,
            "reconnectCount": status.reconnect_count,
            "lastReconnect": None if status.last_reconnect is None else round(status.last_reconnect * 1000),
            "functionReloads": status.function_reloads,
            "configReloads": status.config_reloads,
            "failedReloads": status.failed_reloads,
            "functionsCount": status.functions_count,
            "uptimeMs": round(status.uptime * 1000),
        }

    async def _reload_config(self, change: dict[str, Any]) -> dict[str, Any]:
        named = {OTHERS[name]: value for name, value in change.items() if name in OTHERS}
        named |= {DURATIONS[name]: value / 1000 for name, value in change.items() if name in DURATIONS}
        try:
            await self._service.reload_config(**named)
        except OptionError as error:
            raise FunctionError("INVALID_ARGUMENT", str(error)) from error
        return {}

    async def _replace_pair(self, broken: bool) -> dict[str, bool]:
        def answer() -> dict[str, str]:
            return {"greeting": "hello batch", "version": "batch"}

        batch = [
            Definition(FunctionDescriptor("pair.a", version="batch"), answer),
            Definition(FunctionDescriptor("pair.b", version="batch", input_schema="{" if broken else None), answer),
        ]
        try:
            await self._service.reload_functions(batch)
        except DescriptorError:
            return {"ok": False}
        return {"ok": True}


def resident_bytes() -> int:
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize()
    # Elsewhere the most that there ever was: in bytes on macOS, in KiB on others.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
