"""Going on to serve, for a while, what was sent before the agent heard that the service leaves."""

import asyncio
import math
from dataclasses import dataclass
from typing import Literal

# Who was there when a service left: `unknown`: no agent that would have sent calls; `alone`: nobody else serves its
# functions; `with others`: a successor, or another instance.
Departure = Literal["unknown", "alone", "with others"]


@dataclass(frozen=True)
class LameDuckTime:
    """Serve until no call has come for `quiet` seconds, at most `cap` seconds."""

    quiet: float
    cap: float


# Agents open a connection for each call, so one that was sent before the agent heard of our leave arrives after it: up
# to 4 ms after it under `uvicorn --reload` at 100 calls a second, up to 20 ms on a busy machine. Nobody else serves
# meanwhile: every ms of it is a gap for callers, and 50 ms cost more calls than they saved.
ALONE = LameDuckTime(quiet=0.02, cap=0.2)
# It costs nobody anything, since others serve: so ten times the quiet, for a machine that is busy starting workers. The
# cap stays well below the 30 s after which Gunicorn kills a worker.
WITH_OTHERS = LameDuckTime(quiet=0.5, cap=3.0)


def lame_duck_time(departure: Departure, under_runner: bool) -> LameDuckTime | None:
    """None: not at all. Under the runner its gateway has drained and hung up before it ends a process."""
    if under_runner or departure == "unknown":
        return None
    return ALONE if departure == "alone" else WITH_OTHERS


class Arrivals:
    """When calls come, of functions and jobs."""

    def __init__(self) -> None:
        # In seconds of the event loop's clock.
        self._latest = -math.inf

    def mark(self) -> None:
        """A call has come."""
        self._latest = asyncio.get_running_loop().time()

    async def wait_quiet(self, quiet: float, limit: float) -> None:
        """Returns when no call has come for `quiet` seconds from now on, or after `limit` seconds."""
        loop = asyncio.get_running_loop()
        since = loop.time()
        while (remaining := min(max(since, self._latest) + quiet, since + limit) - loop.time()) > 0:
            await asyncio.sleep(remaining)
