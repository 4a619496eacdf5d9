"""A service from outside: calls, jobs, reloads and the end, over gRPC."""

import asyncio
import json
import threading
from typing import Any

import grpc
import grpc.aio
import pytest

from .. import (
    CallContext,
    Definition,
    DescriptorError,
    FunctionDescriptor,
    FunctionError,
    JobContext,
    NoEarlierVersionError,
    OptionError,
    Service,
    UnknownFunctionError,
    events,
)
from ..server import FUNCTION_SERVICES
from .agent import Agent
from .client import Client
from .conftest import Project, until
from .test_function_modules import module

pytestmark = pytest.mark.anyio


def make_service(agent: Agent, **options: Any) -> Service:
    service = Service(service_id="test", agent_address=agent.address, **options)
    for name in ("echo", "slow"):
        service.register_function(FunctionDescriptor(name), HANDLERS[name])
    return service


def echo(payload: Any, call: CallContext) -> Any:
    return {"payload": payload, "metadata": dict(call.metadata), "key": call.idempotency_key}


async def slow(payload: Any, call: CallContext) -> str:
    await asyncio.sleep(payload)
    return "done"


HANDLERS: dict[str, Any] = {"echo": echo, "slow": slow}


async def test_calls_are_answered_under_all_names(agent: Agent) -> None:
    async with make_service(agent) as service, Client(service.address or "") as client:
        for name in FUNCTION_SERVICES:
            answer = await client.call("echo", [1], service=name, metadata={"route": "eu"}, idempotency_key="k")
            assert answer == {"payload": [1], "metadata": {"route": "eu"}, "key": "k"}


async def test_refusals_have_their_status_and_bugs_tell_nothing(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(payload: Any) -> None:
        raise FunctionError("NOT_FOUND", payload)

    def fail() -> None:
        raise RuntimeError("secret")

    service = make_service(agent)
    service.register_function(FunctionDescriptor("refuse"), refuse)
    service.register_function(FunctionDescriptor("fail"), fail)
    async with service, Client(service.address or "") as client:
        for id, payload, code, text in [
            ("refuse", "no such player \ud800", "NOT_FOUND", "no such player ?"),
            ("refuse", "x" * 5000, "NOT_FOUND", "x" * 1024),
            ("fail", None, "INTERNAL", "function fail failed"),
            ("nobody", None, "NOT_FOUND", "no function 'nobody' is registered here"),
            ("echo", b"{", "INVALID_ARGUMENT", None),
        ]:
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await client.call(id, payload)
            assert failed.value.code().name == code
            assert text is None or failed.value.details() == text
    assert "secret" in caplog.text


async def test_plain_handlers_do_not_hold_up_others(agent: Agent) -> None:
    release = threading.Event()
    service = make_service(agent)
    service.register_function(FunctionDescriptor("plain"), lambda: release.wait(20))
    async with service, Client(service.address or "") as client:
        plain = asyncio.ensure_future(client.call("plain"))
        await until(lambda: service.in_flight == 1)
        assert (await client.call("echo", 1))["payload"] == 1
        release.set()
        assert await plain is True


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_handler_whose_caller_left_is_stopped(agent: Agent, is_async: bool) -> None:
    stopped: list[str] = []

    async def stop_async() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.append("async")
            raise

    def stop_plain(call: CallContext) -> None:
        try:
            call.sleep(60)
        except FunctionError as error:
            stopped.append(error.code)
            raise

    service = make_service(agent)
    service.register_function(FunctionDescriptor("wait"), stop_async if is_async else stop_plain)
    async with service, Client(service.address or "") as client:
        call = client.invoke("wait")
        await until(lambda: service.in_flight == 1)
        call.cancel()
        await until(lambda: service.in_flight == 0)
        with pytest.raises(grpc.aio.AioRpcError) as late:
            await client.call("wait", timeout=0.05)
        assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await until(lambda: service.in_flight == 0)
    assert stopped == (["async"] * 2 if is_async else ["CANCELLED"] * 2)


async def test_handlers_know_the_deadline(agent: Agent) -> None:
    service = make_service(agent)
    service.register_function(FunctionDescriptor("deadline"), lambda call: call.remaining())
    async with service, Client(service.address or "") as client:
        # gRPC rounds the time up on its way.
        assert 5 < await client.call("deadline", timeout=10) <= 11
        with pytest.raises(grpc.aio.AioRpcError, match="cannot be written as JSON"):
            await client.call("deadline", timeout=None)


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_job_reports_to_every_reader_and_can_be_cancelled(agent: Agent, is_async: bool) -> None:
    go_on = threading.Event()

    async def count_async(payload: Any, call: JobContext) -> Any:
        for step in range(payload):
            call.progress(100 * (step + 1) / payload, f"step {step + 1}")
            while not go_on.is_set():
                await asyncio.sleep(0.001)
        return payload

    def count_plain(payload: Any, call: JobContext) -> Any:
        for step in range(payload):
            call.progress(100 * (step + 1) / payload, f"step {step + 1}")
            while not go_on.is_set():
                call.sleep(0.001)
        return payload

    service = make_service(agent)
    service.register_job(FunctionDescriptor("count"), count_async if is_async else count_plain)
    async with service, Client(service.address or "") as client:
        cancelled = await client.start_job("count", 5)
        reading = client.events(cancelled)
        assert [(await anext(reading)).type, (await anext(reading)).type] == ["started", "progress"]
        await client.cancel_job(cancelled)
        assert [event.type async for event in reading] == ["cancelled"]
        await until(lambda: service.in_flight == 0)

        go_on.set()
        job = await client.start_job("count", 4)
        assert job != cancelled
        for _ in range(2):
            seen = [event async for event in client.events(job)]
            assert [event.type for event in seen] == ["started", *["progress"] * 4, "done"]
            assert [event.progress for event in seen[1:5]] == [25, 50, 75, 100]
            assert json.loads(seen[-1].payload) == 4
        await client.cancel_job(job)
        assert await client.call("count", 2) == 2
        with pytest.raises(grpc.aio.AioRpcError, match="there is no job"):
            await client.cancel_job("count-1")


async def test_a_reload_swaps_registers_once_and_is_told(agent: Agent, project: Project) -> None:
    paths = [project.write(f"{{functions}}/{name}.py", module(name)) for name in ("one", "two")]
    service = make_service(agent, functions=project.functions)
    told: list[events.Event] = []
    service.on(events.Event, told.append)
    async with service, Client(service.address or "") as client:
        for name in ("one", "two"):
            project.write(f"{{functions}}/{name}.py", module(name, "2.0.0"))
        answer = await client.reload(*paths)
        assert [(one.id, one.old_version, one.new_version) for one in answer.reloaded] == [
            ("one", "1.0.0", "2.0.0"),
            ("two", "1.0.0", "2.0.0"),
        ]
        assert await client.call("two") == "2.0.0"
        await until(lambda: len(agent.registrations) == 2)
        back = await client.rollback("two")
        assert (back.old_version, back.new_version) == ("2.0.0", "1.0.0")
        assert await client.call("two") == "1.0.0"
        with pytest.raises(grpc.aio.AioRpcError) as none:
            await client.rollback("two")
        assert none.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        project.write(paths[0], ")(")
        assert (await client.reload(paths[0])).failed[0].rolled_back
        restart = await client.reload("main.py")
        assert restart.needs_restart
        status = await client.status()
        assert (status.function_reloads, status.failed_reloads, status.functions_count) == (2, 1, 4)
        assert status.hot_paths == [f"{project.functions}/**/*.py"]
        assert (status.connection_status, status.languages) == ("connected", "python")
        await until(lambda: len(agent.registrations) == 3)
    assert [type(event).__name__ for event in told if not isinstance(event, events.Registered)] == [
        "Connected",
        "FunctionReloaded",
        "FunctionReloaded",
        "FunctionsReloaded",
        "RolledBack",
        "ReloadFailed",
        "FunctionsReloaded",
        "RestartNeeded",
        "ShuttingDown",
        "Closed",
    ]


async def test_a_batch_of_the_app_is_taken_as_a_whole_or_not_at_all(agent: Agent) -> None:
    async with make_service(agent) as service, Client(service.address or "") as client:
        good = [Definition(FunctionDescriptor(id, version="2.0.0"), lambda: "new") for id in ("echo", "slow")]
        for wrong in (
            Definition(FunctionDescriptor("slow", input_schema="{"), lambda: "new"),
            Definition(FunctionDescriptor("nobody"), lambda: "new"),
            good[0],
        ):
            with pytest.raises((DescriptorError, UnknownFunctionError)):
                await service.reload_functions([good[0], wrong])
            assert (await client.call("echo", 1))["payload"] == 1
        await service.reload_functions(good)
        assert await client.call("echo", 1) == await client.call("slow", 1) == "new"
        await until(lambda: len(agent.registrations) == 2)
        for _ in range(7):
            await service.reload_function("echo", FunctionDescriptor("echo"), lambda: "newer")
        for _ in range(5):
            await service.rollback("echo")
        with pytest.raises(NoEarlierVersionError):
            await service.rollback("echo")
        with pytest.raises(DescriptorError, match=r"echo.*'slow'"):
            await service.reload_function("echo", FunctionDescriptor("slow"), lambda: None)


async def test_a_call_under_way_finishes_on_the_handler_that_it_began_with(agent: Agent) -> None:
    release = asyncio.Event()

    async def wait() -> str:
        await release.wait()
        return "old"

    service = make_service(agent)
    service.register_function(FunctionDescriptor("wait"), wait)
    async with service, Client(service.address or "") as client:
        old = asyncio.ensure_future(client.call("wait"))
        await until(lambda: service.in_flight == 1)
        await service.reload_function("wait", FunctionDescriptor("wait"), lambda: "new")
        assert await client.call("wait") == "new"
        release.set()
        assert await old == "old"


async def test_the_end_waits_for_calls_and_cuts_what_does_not_stop(agent: Agent) -> None:
    saved: list[int] = []
    stuck = threading.Event()
    service = make_service(agent, on_close=lambda: saved.append(service.in_flight))
    service.register_function(FunctionDescriptor("stuck"), lambda: stuck.wait(60))
    await service.connect()
    async with Client(service.address or "") as client:
        finishes = asyncio.ensure_future(client.call("slow", 0.3))
        cancelled = asyncio.ensure_future(client.call("slow", 60))
        cut = asyncio.ensure_future(client.call("stuck"))
        await until(lambda: service.in_flight == 3)
        closing = asyncio.ensure_future(service.graceful_shutdown(0.6))
        await until(lambda: agent.listed == {})
        assert await finishes == "done"
        for late in (cancelled, cut):
            with pytest.raises(grpc.aio.AioRpcError) as failed:
                await late
            assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
            assert failed.value.details() == "the service is shutting down"
        await closing
    assert (service.state, saved) == ("closed", [1])
    stuck.set()
    await service.graceful_shutdown()


async def test_a_drain_answers_what_is_left(agent: Agent) -> None:
    async with make_service(agent) as service, Client(service.address or "") as client:
        call = asyncio.ensure_future(client.call("slow", 0.2))
        await until(lambda: service.in_flight == 1)
        assert await client.drain(1) == 1
        assert await client.drain(20_000) == 0
        assert await call == "done"


async def test_an_address_that_is_taken_is_named(agent: Agent) -> None:
    service = make_service(agent, listen=agent.address)
    with pytest.raises(OptionError, match=f"cannot serve on {agent.address}"):
        await service.connect()
    assert service.state == "closed"


async def test_the_folder_is_watched_where_the_app_asks_for_it(agent: Agent, project: Project) -> None:
    pytest.importorskip("watchdog")
    path = project.write("{functions}/echo2.py", module("echo2"))
    service = make_service(agent, functions=project.functions, watch=True)
    told: list[events.FunctionsReloaded] = []
    service.on(events.FunctionsReloaded, told.append)
    async with service, Client(service.address or "") as client:
        project.write(path, module("echo2"))
        project.write(path, module("echo2", "2.0.0"))
        await until(lambda: told)
        assert await client.call("echo2") == "2.0.0"
        project.delete(path)
        await until(lambda: len(told) == 2)
        assert [one.new_version for one in told[1].reloaded] == [""]
