"""Serves croupier.dev.v1.HotReloadService: what a runner asks. Loads gRPC: imported when the service connects."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

import grpc

from .errors import FunctionError, NoEarlierVersionError, UnknownFunctionError
from .gen.croupier.dev.v1 import hot_reload_pb2 as pb
from .registry import VersionChange
from .reload_result import ReloadResult, ReloadStatus
from .rpc import CallContext, unary

SERVICE = "croupier.dev.v1.HotReloadService"
# The longest that a Drain waits, in seconds: as long as a day, so that no number is too large for a timer.
MAX_DRAIN = 24 * 3600.0


class HotReloads(Protocol):
    """What is served."""

    @property
    def hot_paths(self) -> list[str]: ...

    async def reload(self, paths: Sequence[str], functions: Collection[str] = ()) -> ReloadResult: ...

    async def rollback(self, id: str) -> VersionChange: ...

    def get_reload_status(self) -> ReloadStatus: ...

    async def wait_idle(self, timeout: float) -> int: ...


def hot_reload_handler(reloads: HotReloads) -> grpc.GenericRpcHandler:
    async def reload(request: pb.ReloadRequest, context: CallContext) -> pb.ReloadResponse:
        return _to_response(await reloads.reload(list(request.paths), list(request.functions)))

    async def rollback(request: pb.RollbackRequest, context: CallContext) -> pb.RollbackResponse:
        try:
            change = await reloads.rollback(request.function_id)
        except UnknownFunctionError as error:
            raise FunctionError("NOT_FOUND", str(error)) from None
        except NoEarlierVersionError as error:
            raise FunctionError("FAILED_PRECONDITION", str(error)) from None
        return pb.RollbackResponse(id=change.id, old_version=change.old_version, new_version=change.new_version)

    async def status(request: pb.StatusRequest, context: CallContext) -> pb.StatusResponse:
        return _to_status(reloads.get_reload_status(), reloads.hot_paths)

    async def drain(request: pb.DrainRequest, context: CallContext) -> pb.DrainResponse:
        timeout = min(max(0.0, request.timeout_ms / 1000), MAX_DRAIN)
        return pb.DrainResponse(in_flight=await reloads.wait_idle(timeout))

    methods: dict[str, Any] = {
        "Reload": unary(reload, pb.ReloadRequest, pb.ReloadResponse),
        "Rollback": unary(rollback, pb.RollbackRequest, pb.RollbackResponse),
        "Status": unary(status, pb.StatusRequest, pb.StatusResponse),
        "Drain": unary(drain, pb.DrainRequest, pb.DrainResponse),
    }
    return grpc.method_handlers_generic_handler(SERVICE, methods)


def _to_response(result: ReloadResult) -> pb.ReloadResponse:
    return pb.ReloadResponse(
        reloaded=[
            pb.ReloadedFunction(id=one.id, old_version=one.old_version, new_version=one.new_version)
            for one in result.reloaded
        ],
        failed=[
            pb.FailedFunction(id=one.id, path=one.path, error=one.error, rolled_back=one.rolled_back)
            for one in result.failed
        ],
        needs_restart=result.needs_restart,
        reason=result.reason,
    )


def _to_status(status: ReloadStatus, hot_paths: Sequence[str]) -> pb.StatusResponse:
    return pb.StatusResponse(
        connection_status=status.connection_status,
        reconnect_count=status.reconnect_count,
        last_reconnect_unix_ms=0 if status.last_reconnect is None else round(status.last_reconnect * 1000),
        function_reloads=status.function_reloads,
        config_reloads=status.config_reloads,
        failed_reloads=status.failed_reloads,
        functions_count=status.functions_count,
        uptime_ms=round(status.uptime * 1000),
        hot_paths=hot_paths,
        languages="python",
    )
