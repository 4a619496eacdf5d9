"""The handlers under way."""

import asyncio
from collections.abc import Callable

from .call import CancelToken
from .errors import FunctionError


class Running:
    """One handler under way, from its start until it has settled, whether or not anybody still waits."""

    def __init__(self, end: Callable[["Running"], None]) -> None:
        self.token = CancelToken()
        # Set if the answer can be awaited no longer, although the handler still runs.
        self.cut: asyncio.Future[FunctionError] = asyncio.get_running_loop().create_future()
        self._end = end
        self._interrupt: Callable[[], object] = lambda: None

    def attach(self, task: "asyncio.Task[bytes]", *, interrupt: bool) -> None:
        """`interrupt`: the task can be cancelled; a thread cannot."""
        if interrupt:
            self._interrupt = task.cancel
            # A job can be cancelled before its first step.
            if self.token.reason is not None:
                task.cancel()
        task.add_done_callback(self._settle)

    def abort(self, reason: FunctionError) -> None:
        """Asks the handler to stop. The first reason counts."""
        if self.token.reason is None:
            self.token.cancel(reason)
            self._interrupt()

    def _settle(self, task: "asyncio.Task[bytes]") -> None:
        # Fetched, or asyncio complains about an error that nobody waits for any more.
        if not task.cancelled():
            task.exception()
        self._end(self)


class InFlight:
    """Calls and jobs alike."""

    def __init__(self) -> None:
        self._running: set[Running] = set()
        self._idle: list[asyncio.Future[None]] = []

    @property
    def count(self) -> int:
        return len(self._running)

    def begin(self) -> Running:
        running = Running(self._end)
        self._running.add(running)
        return running

    async def wait_idle(self, seconds: float) -> bool:
        """Waits until nothing is under way; False where something still is after so many seconds."""
        if not self._running:
            return True
        idle: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle.append(idle)
        try:
            await asyncio.wait_for(idle, seconds)
            return True
        except asyncio.TimeoutError:
            return False
        finally:
            if idle in self._idle:
                self._idle.remove(idle)

    def abort_all(self, reason: FunctionError) -> None:
        for running in list(self._running):
            running.abort(reason)

    def cut_all(self, reason: FunctionError) -> None:
        """Answers everything under way without its handler."""
        for running in list(self._running):
            if not running.cut.done():
                running.cut.set_result(reason)

    def _end(self, running: Running) -> None:
        self._running.discard(running)
        if self._running:
            return
        for idle in self._idle:
            if not idle.done():
                idle.set_result(None)
        self._idle.clear()
