"""A service inside of an app, and one by itself."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from .. import FunctionDescriptor, Service
from ..asgi import lifespan
from .agent import Agent
from .conftest import until

ALONE = """
import asyncio
from croupier import FunctionDescriptor, Service, events

service = Service(service_id="alone", agent_address="{agent}", handle_signals=True, on_close=lambda: print("saved"))
service.register_function(FunctionDescriptor("echo"), lambda payload: payload)
asyncio.run(service.serve())
print("over")
"""


@pytest.mark.anyio
async def test_a_service_lives_as_long_as_its_app(agent: Agent) -> None:
    order: list[str] = []

    @asynccontextmanager
    async def inner(app: FastAPI) -> AsyncIterator[dict[str, str]]:
        order.append("inner begins")
        yield {"state": "kept"}
        order.append("inner ends")

    service = Service(service_id="app", agent_address=agent.address, on_close=lambda: order.append("service ends"))
    service.register_function(FunctionDescriptor("echo"), lambda payload: payload)
    app = FastAPI(lifespan=lifespan(service, inner))
    async with app.router.lifespan_context(app) as state:
        assert state == {"state": "kept"}
        assert agent.listed == {"app": service.address}
    assert agent.listed == {}
    assert order == ["inner begins", "service ends", "inner ends"]


@pytest.mark.anyio
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_service_by_itself_ends_on_a_signal(agent: Agent, number: signal.Signals) -> None:
    root = Path(__file__).resolve().parents[2]
    child = subprocess.Popen(
        [sys.executable, "-c", ALONE.format(agent=agent.address)],
        cwd=root,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        await until(lambda: "alone" in agent.listed)
        child.send_signal(number)
        await until(lambda: child.poll() is not None)
        assert child.communicate()[0].split() == ["saved", "over"]
        assert child.returncode == 0
        assert agent.listed == {}
    finally:
        child.kill()
