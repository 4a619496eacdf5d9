"""The place with the agent: registering, coming back, leaving."""

import asyncio
from typing import Any

import grpc
import pytest

from .. import FunctionDescriptor, OptionError, Service, ServiceClosedError, events
from .agent import Agent
from .conftest import until

pytestmark = pytest.mark.anyio


def make_service(agent: Agent, **options: Any) -> Service:
    service = Service(**{"service_id": "test", "agent_address": agent.address, "reconnect_delay": 0.02, **options})
    service.register_function(FunctionDescriptor("echo", input_schema={"type": "object"}), lambda payload: payload)
    return service


async def test_all_functions_are_registered_at_once_and_new_ones_together(agent: Agent) -> None:
    async with make_service(agent, version="3.0.0") as service:
        (first,) = agent.registrations
        assert (first.service_id, first.version, first.rpc_addr) == ("test", "3.0.0", service.address)
        assert [(one.id, one.version, one.input_schema) for one in first.functions] == [
            ("echo", "1.0.0", '{"type":"object"}')
        ]
        for name in ("one", "two"):
            service.register_function(FunctionDescriptor(name), lambda: None)
        await until(lambda: len(agent.registrations) == 2)
        assert [one.id for one in agent.registrations[1].functions] == ["echo", "one", "two"]
    assert agent.registrations[-1].functions == []
    assert len(agent.registrations) == 3


async def test_a_change_while_the_registration_is_on_its_way_is_registered(agent: Agent) -> None:
    agent.answers.clear()
    service = make_service(agent)
    connecting = asyncio.ensure_future(service.connect())
    await until(lambda: agent.registrations)
    service.register_function(FunctionDescriptor("late"), lambda: None)
    agent.answers.set()
    await connecting
    await until(lambda: len(agent.registrations) == 2)
    assert [one.id for one in agent.registrations[1].functions] == ["echo", "late"]
    await service.graceful_shutdown()


async def test_it_comes_back_after_the_agent(agent: Agent) -> None:
    async with make_service(agent) as service:
        told: list[events.Event] = []
        service.on(events.Event, told.append)
        await agent.restart()
        await until(lambda: service.get_reload_status().reconnect_count == 1)
        status = service.get_reload_status()
        assert status.connection_status == "connected"
        assert status.last_reconnect is not None
        assert agent.listed == {"test": service.address}
        names = [type(event).__name__ for event in told]
        assert names[0] == "Disconnected"
        assert names[-3:] == ["Connected", "Registered", "Reconnected"]


async def test_it_serves_without_an_agent_and_says_once_that_it_gave_up(agent: Agent) -> None:
    await agent.stop()
    service = make_service(agent, max_retry_attempts=3, health_check_interval=0.05)
    errors: list[events.Error] = []
    losses: list[events.Disconnected] = []
    service.on(events.Error, errors.append)
    service.on(events.Disconnected, losses.append)
    async with service:
        assert service.address is not None
        await until(lambda: service.get_reload_status().connection_status == "error")
        assert "cannot be reached" in losses[0].reason
        # It goes on all the same.
        await until(lambda: len(losses) >= 5)
        assert len(errors) == 1
        await agent.start()
        await until(lambda: service.get_reload_status().connection_status == "connected")
        assert service.get_reload_status().reconnect_count == 0


async def test_it_is_left_alone_without_auto_reconnect(agent: Agent) -> None:
    async with make_service(agent, auto_reconnect=False) as service:
        losses: list[events.Disconnected] = []
        service.on(events.Disconnected, losses.append)
        await agent.restart()
        await until(lambda: losses)
        assert losses[0].retry_in is None
        assert agent.registrations == []
        await service.reconnect()
        assert agent.listed == {"test": service.address}
        assert service.get_reload_status().reconnect_count == 1
        assert len(losses) == 1


async def test_a_change_of_the_configuration_reaches_pauses_that_run(agent: Agent) -> None:
    async with make_service(agent, reconnect_delay=3600, health_check_interval=3600) as service:
        await service.reload_config(health_check_interval=0.02)
        await until(lambda: agent.heartbeats >= 2)
        losses: list[events.Disconnected] = []
        service.on(events.Disconnected, losses.append)
        await agent.restart()
        await until(lambda: losses)
        await service.reload_config(reconnect_delay=0.02)
        await until(lambda: agent.listed == {"test": service.address})
        await service.reload_config(version="2.0.0")
        await until(lambda: agent.registrations[-1].version == "2.0.0")
        with pytest.raises(OptionError, match="health_check_interval"):
            await service.reload_config(version="3.0.0", health_check_interval=-1)
        assert service.version == "2.0.0"
        assert service.get_reload_status().config_reloads == 3


async def test_a_failed_heartbeat_ends_the_connection(agent: Agent) -> None:
    async with make_service(agent, health_check_interval=0.02) as service:
        losses: list[events.Disconnected] = []
        service.on(events.Disconnected, losses.append)
        agent.refusal = grpc.StatusCode.INTERNAL
        await until(lambda: losses)
        assert "did not take the heartbeat" in losses[0].reason
        agent.refusal = None
        await until(lambda: service.get_reload_status().reconnect_count == 1)


async def test_a_refused_registration_is_told(agent: Agent) -> None:
    agent.refusal = grpc.StatusCode.PERMISSION_DENIED
    service = make_service(agent)
    errors: list[events.Error] = []
    service.on(events.Error, errors.append)
    async with service:
        assert "refused the registration: PERMISSION_DENIED: not today" in errors[0].message


async def test_an_agent_that_does_not_list_it_gets_the_registration_again(agent: Agent) -> None:
    agent.forgets = True
    async with make_service(agent) as service:
        await until(lambda: len(agent.registrations) == 2)
        agent.forgets = False
        await until(lambda: agent.listed == {"test": service.address})


async def test_a_successor_keeps_its_place(agent: Agent) -> None:
    async with make_service(agent):
        agent.put("test", "127.0.0.1:1")
    assert agent.listed == {"test": "127.0.0.1:1"}


async def test_a_closed_service_stays_closed(agent: Agent) -> None:
    service = make_service(agent)
    async with service:
        await service.connect()
    with pytest.raises(ServiceClosedError):
        await service.connect()
    with pytest.raises(ServiceClosedError):
        await service.reconnect()


async def test_a_listener_that_fails_does_no_harm(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    service = make_service(agent)
    service.on(events.Registered, lambda event: 1 / 0)
    async with service:
        assert agent.listed == {"test": service.address}
    assert "a listener of Registered failed" in caplog.text
