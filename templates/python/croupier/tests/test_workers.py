"""Several processes of one service: their ids, and how one set takes over from another."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .. import FunctionDescriptor, Service
from ..handover import wait_for_successors, young_siblings
from ..worker_slot import WorkerSlot, is_worker
from .agent import Agent
from .conftest import until

ON_LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


@pytest.fixture(autouse=True)
def _own_slots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_workers_have_the_lowest_free_numbers() -> None:
    slots = [WorkerSlot("game") for _ in range(3)]
    assert [slot.number for slot in slots] == [1, 2, 3]
    assert WorkerSlot("other").number == 1
    slots[1].release()
    assert WorkerSlot("game").number == 2


def test_a_worker_tells_the_others_that_it_serves() -> None:
    first, second = WorkerSlot("game"), WorkerSlot("game")
    assert first.registered_pids() == set()
    second.mark_registered()
    assert len(first.registered_pids()) == 1
    second.release()
    assert first.registered_pids() == set()


def test_gunicorn_has_workers() -> None:
    assert is_worker({"SERVER_SOFTWARE": "gunicorn/27.0.1"})
    assert not is_worker({})


@pytest.mark.anyio
async def test_each_worker_registers_under_its_own_id(agent: Agent) -> None:
    def make() -> Service:
        service = Service(service_id="game", agent_address=agent.address, worker_ids=True)
        service.register_function(FunctionDescriptor("echo"), lambda payload: payload)
        return service

    async with make() as one:
        async with make() as two:
            assert (one.service_id, two.service_id) == ("game-1", "game-2")
            assert agent.listed == {"game-1": one.address, "game-2": two.address}
        assert agent.listed == {"game-1": one.address}


@ON_LINUX
def test_a_sibling_that_was_just_started_is_young() -> None:
    asks = "from croupier.handover import young_siblings; input(); print(*young_siblings({}))"
    root = Path(__file__).resolve().parents[2]

    def start(age: float) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", asks.format(age)]
        return subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    # The clock of /proc ticks in hundredths of a second.
    old = start(3600)
    time.sleep(0.05)
    young = start(3600)
    assert old.communicate("\n")[0].split() == [str(young.pid)]
    assert young.communicate("\n")[0].split() == []


@ON_LINUX
@pytest.mark.anyio
async def test_a_worker_waits_for_its_successors(monkeypatch: pytest.MonkeyPatch) -> None:
    siblings, registered, looks = {7, 8}, {7}, []

    def look(age: float) -> set[int]:
        looks.append(age)
        return siblings

    monkeypatch.setattr("croupier.handover.young_siblings", look)
    waiting = asyncio.ensure_future(wait_for_successors(lambda: registered, limit=60))
    await until(lambda: len(looks) == 3)
    assert not waiting.done()
    registered.add(8)
    await asyncio.wait_for(waiting, 20)
    # One that never registers is not waited for without an end.
    siblings.add(9)
    await asyncio.wait_for(wait_for_successors(lambda: registered, limit=0.1), 20)


def test_where_there_are_no_processes_to_see_nobody_is_young(tmp_path: Path) -> None:
    assert young_siblings(3600, tmp_path) == set()
