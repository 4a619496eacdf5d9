"""The events of one job, for any number of readers, each from the start."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

# What one job keeps of its events until they are read, besides the last: a chatty job loses its oldest lines.
MAX_JOB_EVENTS = 2000
MAX_JOB_BYTES = 256 * 1024
MAX_MESSAGE_LENGTH = 8192


@dataclass(frozen=True)
class JobEvent:
    """`progress` is 0 to 100; `payload` is the result, with `done`. The last three types are the last of a job."""

    type: Literal["started", "progress", "log", "done", "error", "cancelled"]
    message: str = ""
    progress: int = 0
    payload: bytes = b""

    @property
    def size(self) -> int:
        return len(self.message) + len(self.payload)


class JobLog:
    def __init__(self) -> None:
        self._events: deque[JobEvent] = deque()
        # Events that were dropped from the start.
        self._dropped = 0
        self._ended = False
        self._changed = asyncio.Event()
        # What the log holds, in characters of messages and bytes of payloads.
        self.size = 0

    def append(self, event: JobEvent) -> None:
        if self._ended:
            return
        self._events.append(event)
        self.size += event.size
        while len(self._events) > 1 and (len(self._events) > MAX_JOB_EVENTS or self.size > MAX_JOB_BYTES):
            self.size -= self._events.popleft().size
            self._dropped += 1
        self._wake()

    def end(self, event: JobEvent) -> None:
        """Appends the terminal event; readers end after it, and nothing can follow."""
        self.append(event)
        self._ended = True

    async def read(self) -> AsyncIterator[JobEvent]:
        """All events from the oldest that is kept, then each new one as it comes; ends after the terminal one."""
        following = 0
        while True:
            following = max(following, self._dropped)
            changed = self._changed
            if following - self._dropped < len(self._events):
                event = self._events[following - self._dropped]
                following += 1
                yield event
            elif self._ended:
                return
            else:
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        # A new one for the next change: whoever waits, waits on the old one.
        self._changed = asyncio.Event()
