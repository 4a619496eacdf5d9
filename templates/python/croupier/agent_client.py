"""What a service asks of its agent. Loads gRPC: imported when the service connects."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import grpc
import grpc.aio

from .descriptor import LocalDescriptor
from .gen.croupier.agent.local.v1 import local_pb2 as pb

# For one registration, heartbeat or list, in seconds.
RPC_TIMEOUT = 5.0
_SERVICE = "/croupier.agent.local.v1.LocalControlService"
_UNREACHABLE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
_MAX_INT = 2**31 - 1


@dataclass(frozen=True)
class Registration:
    service_id: str
    version: str
    rpc_addr: str
    functions: Sequence[LocalDescriptor]


@dataclass(frozen=True)
class Listed:
    """One function of one service, as the agent lists it."""

    function_id: str
    service_id: str
    address: str


class AgentError(Exception):
    """`unreachable`: there was no answer. `unimplemented`: the agent does not know the call."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        super().__init__(f"{error.code().name}: {error.details()}")
        self.unreachable = error.code() in _UNREACHABLE
        self.unimplemented = error.code() is grpc.StatusCode.UNIMPLEMENTED


class AgentClient:
    """One connection, from the first packet to its loss: it does not come back by itself."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(
            address,
            options=[
                # An agent is on the own machine or in the own network; a proxy is for other things.
                ("grpc.enable_http_proxy", 0),
                # Channels to one address share what gRPC knows about it, its growing pauses too: not these.
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.client_idle_timeout_ms", _MAX_INT),
            ],
        )
        self._register = self._method("RegisterLocal", pb.RegisterLocalRequest, pb.RegisterLocalResponse)
        self._heartbeat = self._method("Heartbeat", pb.HeartbeatRequest, pb.HeartbeatResponse)
        self._list = self._method("ListLocal", pb.ListLocalRequest, pb.ListLocalResponse)

    async def register(self, registration: Registration, timeout: float = RPC_TIMEOUT) -> str:
        """Answers the session id, which can be empty. Without functions it takes the service out of routing."""
        request = pb.RegisterLocalRequest(
            service_id=registration.service_id,
            version=registration.version,
            rpc_addr=registration.rpc_addr,
            functions=[pb.LocalFunctionDescriptor(**asdict(one)) for one in registration.functions],
        )
        answer = await self._ask(self._register, request, timeout)
        return str(answer.session_id)

    async def heartbeat(self, service_id: str, session_id: str) -> None:
        await self._ask(self._heartbeat, pb.HeartbeatRequest(service_id=service_id, session_id=session_id))

    async def list_local(self, timeout: float = RPC_TIMEOUT) -> list[Listed]:
        answer = await self._ask(self._list, pb.ListLocalRequest(), timeout)
        return [
            Listed(function.id, instance.service_id, instance.addr)
            for function in answer.functions
            for instance in function.instances
        ]

    async def wait_until_lost(self) -> None:
        """To be called once a call was answered: returns when the connection is gone."""
        while (state := self._channel.get_state()) is grpc.ChannelConnectivity.READY:
            await self._channel.wait_for_state_change(state)

    async def close(self) -> None:
        await self._channel.close()

    def _method(self, name: str, request: Any, response: Any) -> Any:
        return self._channel.unary_unary(
            f"{_SERVICE}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )

    async def _ask(self, method: Any, request: Any, timeout: float = RPC_TIMEOUT) -> Any:
        try:
            return await method(request, timeout=timeout)
        except grpc.aio.AioRpcError as error:
            raise AgentError(error) from None
