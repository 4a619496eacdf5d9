"""One run of a handler, from its start to what is answered."""

import asyncio
import logging
from concurrent.futures import Executor
from typing import Any

from .call import CallRequest, JobContext
from .errors import FunctionError
from .in_flight import Running
from .registry import RegisteredFunction

logger = logging.getLogger("croupier")


async def run_to_outcome(
    target: RegisteredFunction,
    request: CallRequest,
    context: JobContext,
    running: Running,
    executor: Executor,
) -> bytes:
    """The result, or FunctionError with what is answered. A handler that outlives its answer stays in flight."""
    task = asyncio.ensure_future(target.handler.run(request.payload, context, executor))
    running.attach(task, interrupt=target.handler.is_async)
    either: set[asyncio.Future[Any]] = {task, running.cut}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        raise running.cut.result()
    try:
        return task.result()
    except FunctionError:
        raise
    except asyncio.CancelledError:
        reason = running.token.reason or FunctionError("CANCELLED", f"function {request.function_id} was cancelled")
        raise reason from None
    except Exception as error:
        # A bug's message is nobody's business on the other side.
        logger.exception("function %s failed", request.function_id)
        raise FunctionError("INTERNAL", f"function {request.function_id} failed") from error
