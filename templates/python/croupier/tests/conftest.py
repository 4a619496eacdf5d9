"""What the SDK's tests share: an agent in the same process, and projects in folders of their own."""

import asyncio
import itertools
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from .agent import Agent

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
async def _one_event_loop(anyio_backend: str) -> AsyncIterator[None]:
    """gRPC has one queue of events in a process, and can hand those of a loop that is closed to the next one."""
    yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests can be run by croupier dev, too."""
    for name in [*os.environ]:
        if name.startswith("CROUPIER_") or name == "SERVER_SOFTWARE":
            monkeypatch.delenv(name)


@pytest.fixture
async def agent() -> AsyncIterator[Agent]:
    running = Agent()
    await running.start()
    yield running
    await running.stop()


class Project:
    """The current folder during a test. Its function modules are in `functions`, whose name no other test has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.functions = f"functions_{next(_numbers)}"
        (folder / self.functions).mkdir()

    def write(self, path: str, source: str) -> str:
        """Saves a file; `{functions}` stands for the name of the folder. Answers its path."""
        path = path.format(functions=self.functions)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(source.replace("{functions}", self.functions))
        return path

    def delete(self, path: str) -> str:
        path = path.format(functions=self.functions)
        (self.folder / path).unlink()
        return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    before = set(sys.modules)
    folder = tmp_path.resolve()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    yield Project(folder)
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if isinstance(file, str) and Path(file).is_relative_to(folder):
            del sys.modules[name]


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits for a condition, and fails where it does not come."""

    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.005)

    await asyncio.wait_for(wait(), seconds)
