"""Runs calls and jobs on the registered functions, and knows when none is under way."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

from .call import CallRequest, JobContext
from .errors import FunctionError, UnknownFunctionError
from .in_flight import InFlight
from .job_log import JobEvent
from .jobs import Jobs
from .lame_duck import Arrivals, LameDuckTime
from .outcome import run_to_outcome
from .registry import FunctionRegistry, RegisteredFunction

# Handlers that were asked to stop get so many seconds to do so before they are answered for.
ABORT_GRACE = 1.0


class FunctionHost:
    """`threads`: how many plain handlers run at a time."""

    def __init__(self, registry: FunctionRegistry, threads: int) -> None:
        self._registry = registry
        self._in_flight = InFlight()
        self._arrivals = Arrivals()
        # Its threads start one by one, as they are needed: a service without plain handlers has none.
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="croupier")
        self._jobs = Jobs(self._in_flight, self._executor)

    @property
    def in_flight(self) -> int:
        """Handlers under way, of calls and jobs."""
        return self._in_flight.count

    async def invoke(self, request: CallRequest) -> bytes:
        self._arrivals.mark()
        target = self._find(request.function_id)
        running = self._in_flight.begin()
        context = JobContext(request, running.token)
        try:
            return await run_to_outcome(target, request, context, running, self._executor)
        except asyncio.CancelledError:
            running.abort(FunctionError("CANCELLED", "the caller waits no longer"))
            raise

    def start_job(self, request: CallRequest) -> str:
        self._arrivals.mark()
        return self._jobs.start(self._find(request.function_id), request)

    def read_job(self, job_id: str) -> AsyncIterator[JobEvent]:
        return self._jobs.read(job_id)

    def cancel_job(self, job_id: str) -> None:
        self._jobs.cancel(job_id)

    async def wait_idle(self, seconds: float) -> int:
        """Waits until no handler is under way, at most so long; answers how many still are."""
        await self._in_flight.wait_idle(seconds)
        return self._in_flight.count

    async def drain(self, seconds: float, lame_duck: LameDuckTime | None = None) -> None:
        """Goes on as it is for the lame-duck time, then waits until no handler is under way. After so many seconds, of
        both together, they are asked to stop; what does not is answered UNAVAILABLE in its place."""
        reason = FunctionError("UNAVAILABLE", "the service is shutting down")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        if lame_duck is not None:
            await self._arrivals.wait_quiet(lame_duck.quiet, min(lame_duck.cap, seconds))
        if await self._in_flight.wait_idle(max(0.0, deadline - loop.time())):
            return
        self._in_flight.abort_all(reason)
        if not await self._in_flight.wait_idle(ABORT_GRACE):
            self._in_flight.cut_all(reason)

    def close(self) -> None:
        self._jobs.close()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _find(self, id: str) -> RegisteredFunction:
        try:
            return self._registry.get(id)
        except UnknownFunctionError as error:
            raise FunctionError("NOT_FOUND", str(error)) from None
