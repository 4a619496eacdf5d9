"""Calls a service as agents and runners do."""

import json
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio

from ..gen.croupier.dev.v1 import hot_reload_pb2 as reload_pb
from ..gen.croupier.function.v1 import function_pb2 as pb

DEFAULT_SERVICE = "croupier.function.v1.FunctionService"


class Client:
    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._channel.close()

    def invoke(self, id: str, payload: Any = None, *, service: str = DEFAULT_SERVICE, **request: Any) -> Any:
        """The call, which can be cancelled; awaited it is the response."""
        timeout = request.pop("timeout", 20)
        message = pb.InvokeRequest(function_id=id, payload=_text(payload), **request)
        method = self._unary(f"/{service}/Invoke", pb.InvokeRequest, pb.InvokeResponse)
        return method(message, timeout=timeout)

    async def call(self, id: str, payload: Any = None, **request: Any) -> Any:
        """The answer's value; None for an empty payload."""
        answer = (await self.invoke(id, payload, **request)).payload
        return json.loads(answer) if answer else None

    async def start_job(self, id: str, payload: Any = None) -> str:
        method = self._unary(f"/{DEFAULT_SERVICE}/StartJob", pb.InvokeRequest, pb.StartJobResponse)
        return str((await method(pb.InvokeRequest(function_id=id, payload=_text(payload)))).job_id)

    async def events(self, job_id: str) -> AsyncIterator[pb.JobEvent]:
        method = self._channel.unary_stream(
            f"/{DEFAULT_SERVICE}/StreamJob", pb.JobStreamRequest.SerializeToString, pb.JobEvent.FromString
        )
        async for event in method(pb.JobStreamRequest(job_id=job_id), timeout=20):
            yield event

    async def cancel_job(self, job_id: str) -> None:
        method = self._unary(f"/{DEFAULT_SERVICE}/CancelJob", pb.CancelJobRequest, pb.CancelJobResponse)
        await method(pb.CancelJobRequest(job_id=job_id))

    async def reload(self, *paths: str, functions: tuple[str, ...] = ()) -> reload_pb.ReloadResponse:
        method = self._hot("Reload", reload_pb.ReloadRequest, reload_pb.ReloadResponse)
        return await method(reload_pb.ReloadRequest(paths=paths, functions=functions))

    async def rollback(self, id: str) -> reload_pb.RollbackResponse:
        method = self._hot("Rollback", reload_pb.RollbackRequest, reload_pb.RollbackResponse)
        return await method(reload_pb.RollbackRequest(function_id=id))

    async def status(self) -> reload_pb.StatusResponse:
        return await self._hot("Status", reload_pb.StatusRequest, reload_pb.StatusResponse)(reload_pb.StatusRequest())

    async def drain(self, timeout_ms: int) -> int:
        method = self._hot("Drain", reload_pb.DrainRequest, reload_pb.DrainResponse)
        return int((await method(reload_pb.DrainRequest(timeout_ms=timeout_ms))).in_flight)

    def _hot(self, name: str, request: Any, response: Any) -> Any:
        return self._unary(f"/croupier.dev.v1.HotReloadService/{name}", request, response)

    def _unary(self, path: str, request: Any, response: Any) -> Any:
        return self._channel.unary_unary(path, request.SerializeToString, response.FromString)


def _text(payload: Any) -> bytes:
    if payload is None:
        return b""
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()
