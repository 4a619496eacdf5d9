"""What is known, told and counted of the connection to the agent."""

import logging
import time
from collections.abc import Callable
from typing import Literal

from . import events
from .listeners import Listeners

logger = logging.getLogger("croupier")


class Connection:
    """Listens to the link. `function_ids`: what is registered now."""

    def __init__(self, listeners: Listeners, agent_address: str, function_ids: Callable[[], tuple[str, ...]]) -> None:
        self._listeners = listeners
        self._agent_address = agent_address
        self._function_ids = function_ids
        self._is_new = False
        self._has_registered = False
        # A loss was told, and no registration since.
        self._is_away = False
        self.status: Literal["connected", "disconnected", "error"] = "disconnected"
        # Registrations on a new connection after the first.
        self.reconnect_count = 0
        # In seconds of time.time(); None: never.
        self.last_reconnect: float | None = None

    def on_connected(self) -> None:
        self._is_new = True
        self._listeners.tell(events.Connected(self._agent_address))

    def on_registered(self, session_id: str) -> None:
        reconnected = self._is_new and self._has_registered
        self._is_new = False
        self._has_registered = True
        self._is_away = False
        self.status = "connected"
        functions = self._function_ids()
        logger.info("registered %d functions with the agent at %s", len(functions), self._agent_address)
        if reconnected:
            self.reconnect_count += 1
            self.last_reconnect = time.time()
        self._listeners.tell(events.Registered(session_id, functions))
        if reconnected:
            self._listeners.tell(events.Reconnected(self.reconnect_count))

    def on_disconnected(self, reason: str, retry_in: float | None, gave_up: bool) -> None:
        before, self.status = self.status, "error" if gave_up else "disconnected"
        # Once for a loss, and not for each attempt after it.
        logger.log(logging.DEBUG if self._is_away else logging.WARNING, "%s", reason)
        self._is_away = True
        self._listeners.tell(events.Disconnected(reason, retry_in))
        if gave_up and before != "error":
            message = f"{reason}; from now on it is tried at each health check only"
            logger.warning("%s", message)
            self._listeners.tell(events.Error(message))

    def on_refused(self, message: str) -> None:
        logger.warning("%s", message)
        self._listeners.tell(events.Error(message))
