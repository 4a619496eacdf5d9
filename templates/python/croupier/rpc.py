"""What the servers of functions and of reloads share. Loads gRPC: imported when the service connects."""

from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeAlias

import grpc
import grpc.aio

from .errors import FunctionError

# A status message travels in a header, and many peers refuse large ones.
MAX_STATUS_MESSAGE = 1024

# Of gRPC, without types of its own.
CallContext: TypeAlias = Any


def unary(behaviour: Callable[[Any, CallContext], Awaitable[Any]], request: Any, response: Any) -> Any:
    """A method with one message each way; a FunctionError becomes its status."""

    async def answer(message: Any, context: CallContext) -> Any:
        try:
            return await behaviour(message, context)
        except FunctionError as error:
            await refuse(context, error)

    return grpc.unary_unary_rpc_method_handler(answer, request.FromString, response.SerializeToString)


async def refuse(context: CallContext, error: FunctionError) -> NoReturn:
    # Half a surrogate pair, which the message or the cut can leave, cannot be sent.
    text = error.message[:MAX_STATUS_MESSAGE].encode(errors="replace").decode()
    await context.abort(grpc.StatusCode[error.code], text)
    raise AssertionError("abort raises")
