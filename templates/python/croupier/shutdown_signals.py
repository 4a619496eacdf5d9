"""Graceful shutdown on SIGTERM and SIGINT, for services that no web server takes care of."""

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# One Ctrl-C can come twice, from the terminal and from a tool in between; both come within so many seconds.
SAME_PRESS = 0.3
# Python waits at its exit for the threads of plain handlers; one that never ends gets so many seconds.
EXIT_GRACE = 5.0

logger = logging.getLogger("croupier")


class ShutdownSignals:
    """The first signal calls `shut_down`; a second one has its own effect, at once. Of the main thread alone."""

    def __init__(self, shut_down: Callable[[], object]) -> None:
        self._shut_down = shut_down
        self._loop = asyncio.get_running_loop()
        self._previous: dict[int, Any] = {}
        self._first: float | None = None

    def install(self) -> None:
        for number in SIGNALS:
            self._previous[number] = signal.signal(number, self._on_signal)

    def uninstall(self) -> None:
        for number, previous in self._previous.items():
            # Whoever took the signal after us keeps it.
            if signal.getsignal(number) == self._on_signal:
                signal.signal(number, previous)
        self._previous.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = now
            self._loop.call_soon_threadsafe(self._shut_down)
        elif now - self._first >= SAME_PRESS:
            self.uninstall()
            signal.raise_signal(number)


def end_despite_threads(count: int) -> None:
    """Ends the process soon, although so many plain handlers do not stop."""
    if count == 0:
        return
    logger.warning("%d handlers did not stop; the process ends without them", count)
    timer = threading.Timer(EXIT_GRACE, os._exit, (1,))
    timer.daemon = True
    timer.start()
