"""Watches the folder of function modules. Loads watchdog, which is optional."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from .errors import OptionError

try:
    from watchdog.events import FileSystemEvent, FileSystemEventHandler
    from watchdog.observers import Observer
except ImportError as error:
    raise OptionError("watch needs the package watchdog: pip install watchdog") from error

# Editors write a file in several steps: so many seconds without a change end a batch.
QUIET = 0.1


class Watcher(FileSystemEventHandler):
    """`reload` is given the files whose content has changed."""

    def __init__(self, folder: Path, reload: Callable[[list[Path]], Awaitable[object]]) -> None:
        self._folder = folder
        self._reload = reload
        self._loop = asyncio.get_running_loop()
        self._seen = self._digests()
        self._quiet: asyncio.TimerHandle | None = None
        self._reloading: asyncio.Task[None] | None = None
        self._observer = Observer()
        self._observer.schedule(self, str(folder), recursive=True)

    def start(self) -> None:
        self._observer.start()

    async def stop(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        self._observer.stop()
        await asyncio.to_thread(self._observer.join)
        if self._reloading is not None:
            await self._reloading

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Called in watchdog's own thread."""
        paths = (str(event.src_path), str(event.dest_path))
        if event.event_type in ("created", "modified", "moved", "deleted") and any(p.endswith(".py") for p in paths):
            self._loop.call_soon_threadsafe(self._wait_for_quiet)

    def _wait_for_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = self._loop.call_later(QUIET, self._batch_is_over)

    def _batch_is_over(self) -> None:
        if self._reloading is not None and not self._reloading.done():
            self._wait_for_quiet()
            return
        self._reloading = self._loop.create_task(self._reload_changed())

    async def _reload_changed(self) -> None:
        before, self._seen = self._seen, await asyncio.to_thread(self._digests)
        changed = [path for path in {*before, *self._seen} if before.get(path) != self._seen.get(path)]
        if changed:
            await self._reload(sorted(changed))

    def _digests(self) -> dict[Path, bytes]:
        found: dict[Path, bytes] = {}
        for path in self._folder.rglob("*.py"):
            try:
                found[path] = hashlib.sha256(path.read_bytes()).digest()
            except OSError:
                # Gone since it was listed.
                continue
        return found
