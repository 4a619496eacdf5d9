"""Serves calls, jobs and reloads over gRPC. Loads gRPC: imported when the service connects."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import grpc
import grpc.aio

from .call import CallRequest
from .errors import FunctionError, OptionError
from .gen.croupier.function.v1 import function_pb2 as pb
from .host import FunctionHost
from .hot_reload_server import HotReloads, hot_reload_handler
from .rpc import CallContext, refuse, unary

# Largest message that is sent or taken, in bytes: gRPC's own default of 4 MiB is too small for large payloads in JSON.
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
# In seconds: a year.
MAX_DEADLINE = 365 * 24 * 3600.0
# The three names under which peers know the same service.
FUNCTION_SERVICES = (
    "croupier.sdk.v1.InvokerService",
    "croupier.function.v1.FunctionService",
    "croupier.sdk.v1.FunctionService",
)


class FunctionServer:
    """Plain text on one address."""

    def __init__(self, host: FunctionHost, reloads: HotReloads) -> None:
        self._server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
                # Two processes on one port would take each other's calls.
                ("grpc.so_reuseport", 0),
            ]
        )
        methods = _function_methods(host)
        services = [grpc.method_handlers_generic_handler(name, methods) for name in FUNCTION_SERVICES]
        self._server.add_generic_rpc_handlers([*services, hot_reload_handler(reloads)])

    async def start(self, listen: str) -> int:
        """Answers the port. OptionError where the address cannot be had."""
        try:
            port: int = self._server.add_insecure_port(listen)
        except RuntimeError as error:
            raise OptionError(f"cannot serve on {listen}: {error}") from error
        await self._server.start()
        return port

    async def stop(self, grace: float) -> None:
        """Takes no more calls, lets those under way end, and cuts them after so many seconds."""
        await self._server.stop(grace)


def _function_methods(host: FunctionHost) -> dict[str, Any]:
    async def invoke(request: pb.InvokeRequest, context: CallContext) -> pb.InvokeResponse:
        return pb.InvokeResponse(payload=await host.invoke(_call_request(request, context.time_remaining())))

    async def start_job(request: pb.InvokeRequest, context: CallContext) -> pb.StartJobResponse:
        # Without the deadline: that is for the start of the job, not for the job.
        return pb.StartJobResponse(job_id=host.start_job(_call_request(request, None)))

    async def stream_job(request: pb.JobStreamRequest, context: CallContext) -> AsyncIterator[pb.JobEvent]:
        try:
            events = host.read_job(request.job_id)
        except FunctionError as error:
            await refuse(context, error)
        async for event in events:
            yield pb.JobEvent(type=event.type, message=event.message, progress=event.progress, payload=event.payload)

    async def cancel_job(request: pb.CancelJobRequest, context: CallContext) -> pb.CancelJobResponse:
        host.cancel_job(request.job_id)
        return pb.CancelJobResponse(job_id=request.job_id)

    return {
        "Invoke": unary(invoke, pb.InvokeRequest, pb.InvokeResponse),
        "StartJob": unary(start_job, pb.InvokeRequest, pb.StartJobResponse),
        "StreamJob": grpc.unary_stream_rpc_method_handler(
            stream_job, pb.JobStreamRequest.FromString, pb.JobEvent.SerializeToString
        ),
        "CancelJob": unary(cancel_job, pb.CancelJobRequest, pb.CancelJobResponse),
    }


def _call_request(request: pb.InvokeRequest, time_remaining: float | None) -> CallRequest:
    deadline = None
    if time_remaining is not None:
        # Some clients say "never" as a time in thousands of years, which no date can hold.
        deadline = datetime.now(timezone.utc) + timedelta(seconds=min(time_remaining, MAX_DEADLINE))
    return CallRequest(
        function_id=request.function_id,
        payload=request.payload,
        metadata=dict(request.metadata),
        idempotency_key=request.idempotency_key,
        deadline=deadline,
    )
