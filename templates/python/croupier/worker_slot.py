"""Service ids of workers: several processes of one service beside each other need one each."""

import hashlib
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:
    # Windows: workers are told apart by their pid.
    fcntl = None  # type: ignore[assignment]

# More workers than that on one machine are a mistake in the locking.
MAX_SLOTS = 10_000


def is_worker(environment: Mapping[str, str]) -> bool:
    """Whether Gunicorn or `uvicorn --workers` started this process. `uvicorn --reload` starts one, too, but alone."""
    if environment.get("SERVER_SOFTWARE", "").startswith("gunicorn/"):
        return True
    return multiprocessing.parent_process() is not None and "--reload" not in sys.argv


class WorkerSlot:
    """The lowest number that no other worker has, from 1, as long as the process lives or release() is called. So the
    ids stay the same over restarts, and at most twice as many are used when a set of workers replaces another."""

    def __init__(self, service: str) -> None:
        """`service`: what the workers have in common."""
        self._folder = Path(tempfile.gettempdir()) / f"croupier-{_user()}"
        self._name = hashlib.sha256(service.encode()).hexdigest()[:16]
        self._file: IO[str] | None = None
        self.number = self._take()

    def mark_registered(self) -> None:
        """Tells the workers before that this one serves: by its pid in the file."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(str(os.getpid()))
            self._file.flush()

    def registered_pids(self) -> set[int]:
        """The workers that have told so."""
        pids: set[int] = set()
        for path in self._folder.glob(f"{self._name}-*.lock"):
            try:
                text = path.read_text()
            except OSError:
                continue
            if text.isdecimal():
                pids.add(int(text))
        return pids

    def release(self) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def _take(self) -> int:
        if fcntl is None:
            return os.getpid()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        for number in range(1, MAX_SLOTS):
            file = (self._folder / f"{self._name}-{number}.lock").open("a+")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                continue
            # What a worker that was killed had left.
            file.truncate(0)
            self._file = file
            return number
        return os.getpid()


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"
