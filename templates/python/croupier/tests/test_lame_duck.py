"""Serving on, for a while, after the service has left the agent's routing."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from .. import FunctionDescriptor, Service, lame_duck
from ..call import CallRequest
from ..definition import Definition
from ..errors import FunctionError
from ..host import FunctionHost
from ..lame_duck import WITH_OTHERS, Arrivals, LameDuckTime, lame_duck_time
from ..registry import FunctionRegistry, build_function
from .agent import Agent
from .client import Client
from .conftest import until

NEVER = LameDuckTime(0, 0)


class _NoWaiting(selectors.SelectSelector):
    """Lets the time pass that it should wait for."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nothing would ever happen"
        # And a little more, as every clock does: a rest that is lost in rounding must pass, too.
        self.now += timeout + 1e-9
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps from timer to timer."""

    def __init__(self) -> None:
        self._no_waiting = _NoWaiting()
        super().__init__(self._no_waiting)

    def time(self) -> float:
        return self._no_waiting.now


def in_virtual_time(main: Callable[[], Coroutine[Any, Any, None]]) -> float:
    """Runs it; answers the seconds that it took."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(main())
        return loop.time()
    finally:
        loop.close()


# Of the order that is used, with round numbers.
SHORT = LameDuckTime(quiet=0.05, cap=0.5)


@pytest.mark.parametrize(
    ("calls", "end"),
    [
        ([], 0.05),
        ([0.03], 0.08),
        ([0.03, 0.06, 0.1], 0.15),
        # Too late: it is not waited for.
        ([0.03, 0.09], 0.08),
        # Without an end.
        ([0.04 * nth for nth in range(1, 50)], 0.5),
    ],
)
def test_each_call_starts_the_quiet_anew_up_to_the_cap(calls: list[float], end: float) -> None:
    async def main() -> None:
        arrivals = Arrivals()
        # One that came before counts from the beginning of the wait.
        arrivals.mark()
        for at in calls:
            asyncio.get_running_loop().call_later(at, arrivals.mark)
        await arrivals.wait_quiet(SHORT.quiet, SHORT.cap)

    assert in_virtual_time(main) == pytest.approx(end, abs=1e-4)


@pytest.mark.parametrize(
    ("patience", "call_seconds", "end", "code"),
    [
        # A timeout of 0 skips it.
        (0, None, 0, None),
        (30, None, WITH_OTHERS.quiet, None),
        # It is cut where the timeout is shorter.
        (0.2, None, 0.2, None),
        # A call at 0.1 starts it anew, and is waited for after it.
        (30, 0.2, 0.1 + WITH_OTHERS.quiet, None),
        (30, 5, 5.1, None),
        # The timeout counts from the beginning.
        (2, 60, 2, "UNAVAILABLE"),
    ],
)
def test_it_is_a_part_of_the_graceful_shutdown_timeout(
    patience: float, call_seconds: float | None, end: float, code: str | None
) -> None:
    registry = FunctionRegistry()
    registry.add(build_function(Definition(FunctionDescriptor("wait"), asyncio.sleep, False), None))
    codes: list[str | None] = []

    async def call(host: FunctionHost) -> None:
        await asyncio.sleep(0.1)
        try:
            await host.invoke(CallRequest("wait", str(call_seconds).encode()))
            codes.append(None)
        except FunctionError as error:
            codes.append(error.code)

    async def main() -> None:
        host = FunctionHost(registry, 1)
        calling = None if call_seconds is None else asyncio.ensure_future(call(host))
        await host.drain(patience, WITH_OTHERS)
        if calling is not None:
            await calling
        host.close()

    assert in_virtual_time(main) == pytest.approx(end, abs=1e-4)
    assert codes == ([] if call_seconds is None else [code])


def test_a_job_that_starts_counts_as_a_call_and_an_unknown_function_too() -> None:
    registry = FunctionRegistry()
    registry.add(build_function(Definition(FunctionDescriptor("job"), asyncio.sleep, False), None))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        host = FunctionHost(registry, 1)

        async def call_nobody() -> None:
            with pytest.raises(FunctionError):
                await host.invoke(CallRequest("nobody"))

        loop.call_later(0.04, host.start_job, CallRequest("job", b"0"))
        unknown: list[asyncio.Task[None]] = []
        loop.call_later(0.08, lambda: unknown.append(loop.create_task(call_nobody())))
        await host.drain(30, SHORT)
        await asyncio.gather(*unknown)
        host.close()

    assert in_virtual_time(main) == pytest.approx(0.13, abs=1e-4)


def test_who_else_serves_says_how_long() -> None:
    assert lame_duck_time("alone", under_runner=False) == LameDuckTime(0.02, 0.2)
    assert lame_duck_time("with others", under_runner=False) == LameDuckTime(0.5, 3)
    assert lame_duck_time("unknown", under_runner=False) is None
    assert lame_duck_time("alone", under_runner=True) is None
    assert lame_duck_time("with others", under_runner=True) is None


def make_service(agent: Agent) -> Service:
    service = Service(service_id="test", agent_address=agent.address)
    service.register_function(FunctionDescriptor("echo"), lambda payload: payload)
    return service


def put_nobody(agent: Agent) -> None:
    """We are alone."""


def put_successor(agent: Agent) -> None:
    agent.put("test", "127.0.0.1:1")


def put_sibling(agent: Agent) -> None:
    agent.put("test-2", "127.0.0.1:1", "echo")


def put_stranger(agent: Agent) -> None:
    agent.put("stranger", "127.0.0.1:1", "other")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("put", "name"),
    [
        (put_nobody, "ALONE"),
        (put_stranger, "ALONE"),
        (put_successor, "WITH_OTHERS"),
        (put_sibling, "WITH_OTHERS"),
    ],
)
async def test_a_call_that_was_on_its_way_is_answered(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, put: Callable[[Agent], None], name: str
) -> None:
    for constant in ("ALONE", "WITH_OTHERS"):
        # As long as with others, so that a slow machine makes the call in time; none where it is the wrong one.
        monkeypatch.setattr(lame_duck, constant, WITH_OTHERS if constant == name else NEVER)
    service = make_service(agent)
    await service.connect()
    # It verifies its registration.
    await until(lambda: agent.lists == 1)
    put(agent)
    closing = asyncio.ensure_future(service.graceful_shutdown())
    await until(lambda: agent.lists == 2 and agent.listed.get("test") != service.address)
    await asyncio.sleep(0.03)
    async with Client(service.address or "") as client:
        assert await client.call("echo", 1) == 1
        assert service.state == "closing"
        await closing


@pytest.mark.anyio
@pytest.mark.parametrize("reason", ["under the runner", "no agent", "timeout 0"])
async def test_nothing_is_waited_for_where_no_call_can_come(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    for constant in ("ALONE", "WITH_OTHERS"):
        monkeypatch.setattr(lame_duck, constant, LameDuckTime(60, 60))
    if reason == "under the runner":
        monkeypatch.setenv("CROUPIER_GENERATION", "1")
    if reason == "no agent":
        await agent.stop()
    service = make_service(agent)
    await service.connect()
    await asyncio.wait_for(service.graceful_shutdown(0 if reason == "timeout 0" else None), 20)
