"""An agent for tests: takes registrations, lists them, and can be away."""

import asyncio
from datetime import datetime, timezone
from typing import Any

import grpc
import grpc.aio

from ..gen.croupier.agent.local.v1 import local_pb2 as pb


class Agent:
    """Forgets everything when it stops. `registrations`: of its present life, in order."""

    def __init__(self) -> None:
        self.port = 0
        self.registrations: list[pb.RegisterLocalRequest] = []
        self.heartbeats = 0
        self.lists = 0
        # Answered to registrations and heartbeats in the place of OK.
        self.refusal: grpc.StatusCode | None = None
        # Cleared, it takes registrations and answers them once it is set again.
        self.answers = asyncio.Event()
        self.answers.set()
        # Takes registrations without listing them.
        self.forgets = False
        self._services: dict[str, pb.RegisterLocalRequest] = {}
        self._server: Any = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def listed(self) -> dict[str, str]:
        """Addresses by service id."""
        return {id: request.rpc_addr for id, request in self._services.items()}

    async def start(self) -> None:
        """On the port that it had."""
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        methods = {
            "RegisterLocal": self._method(self._register, pb.RegisterLocalRequest),
            "Heartbeat": self._method(self._heartbeat, pb.HeartbeatRequest),
            "ListLocal": self._method(self._list, pb.ListLocalRequest),
        }
        service = "croupier.agent.local.v1.LocalControlService"
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, methods)])
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(0)
        self.registrations.clear()
        self._services.clear()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def put(self, service_id: str, address: str, function_id: str = "other") -> None:
        """Another process takes a service id."""
        function = pb.LocalFunctionDescriptor(id=function_id, version="1.0.0")
        self._services[service_id] = pb.RegisterLocalRequest(
            service_id=service_id, rpc_addr=address, functions=[function]
        )

    def _method(self, behaviour: Any, request: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(behaviour, request.FromString, lambda m: m.SerializeToString())

    async def _register(self, request: pb.RegisterLocalRequest, context: Any) -> pb.RegisterLocalResponse:
        if self.refusal is not None:
            await context.abort(self.refusal, "not today")
        self.registrations.append(request)
        if request.functions and not self.forgets:
            self._services[request.service_id] = request
        else:
            self._services.pop(request.service_id, None)
        await self.answers.wait()
        return pb.RegisterLocalResponse(session_id=f"session-{len(self.registrations)}")

    async def _heartbeat(self, request: pb.HeartbeatRequest, context: Any) -> pb.HeartbeatResponse:
        self.heartbeats += 1
        if self.refusal is not None:
            await context.abort(self.refusal, "not today")
        return pb.HeartbeatResponse()

    async def _list(self, request: pb.ListLocalRequest, context: Any) -> pb.ListLocalResponse:
        self.lists += 1
        await asyncio.sleep(0)
        functions: dict[str, pb.LocalFunction] = {}
        now = datetime.now(timezone.utc).isoformat()
        for service in self._services.values():
            for descriptor in service.functions:
                function = functions.setdefault(descriptor.id, pb.LocalFunction(id=descriptor.id))
                function.instances.add(service_id=service.service_id, addr=service.rpc_addr, last_seen=now)
        return pb.ListLocalResponse(functions=functions.values())
