"""The jobs of one service: under way, and ended ones as long as they can still be read."""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from dataclasses import dataclass, field

from .call import CallRequest, JobContext
from .errors import FunctionError
from .in_flight import InFlight, Running
from .job_log import MAX_MESSAGE_LENGTH, JobEvent, JobLog
from .outcome import run_to_outcome
from .registry import RegisteredFunction

# How long an ended job can still be read, in seconds.
KEEP_ENDED = 600.0
# Jobs under way and ended ones together.
MAX_JOBS = 1000
# What ended jobs may hold together, in bytes; the oldest go first.
MAX_ENDED_BYTES = 16 * 1024 * 1024


@dataclass(eq=False)
class _Job:
    id: str
    running: Running
    log: JobLog = field(default_factory=JobLog)
    cancelled: bool = False
    # Forgets the job; None while it is under way.
    expiry: asyncio.TimerHandle | None = None


class Jobs:
    def __init__(self, in_flight: InFlight, executor: Executor) -> None:
        self._in_flight = in_flight
        self._executor = executor
        # In the order of their start.
        self._jobs: dict[str, _Job] = {}
        # The event loop holds its tasks weakly.
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, target: RegisteredFunction, request: CallRequest) -> str:
        """Starts the function as a job; answers the job's id, unique beyond this process."""
        self._make_room()
        if len(self._jobs) >= MAX_JOBS:
            raise FunctionError("RESOURCE_EXHAUSTED", f"{MAX_JOBS} jobs are under way")
        job = _Job(f"{request.function_id}-{secrets.token_hex(8)}", self._in_flight.begin())
        self._jobs[job.id] = job
        job.log.append(JobEvent("started"))
        task = asyncio.ensure_future(self._run(job, target, request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job.id

    def read(self, id: str) -> AsyncIterator[JobEvent]:
        """The job's events from the start, for as many readers as like."""
        return self._get(id).log.read()

    def cancel(self, id: str) -> None:
        """Asks the job to stop. Of an ended job it changes nothing."""
        job = self._get(id)
        if job.expiry is None:
            job.cancelled = True
            job.running.abort(FunctionError("CANCELLED", "the job was cancelled"))

    def close(self) -> None:
        """Forgets all jobs; whoever reads one now reads on."""
        for job in self._jobs.values():
            if job.expiry is not None:
                job.expiry.cancel()
        self._jobs.clear()

    async def _run(self, job: _Job, target: RegisteredFunction, request: CallRequest) -> None:
        loop = asyncio.get_running_loop()
        thread = threading.get_ident()

        def report(kind: str, message: str, percent: int) -> None:
            event = JobEvent("log" if kind == "log" else "progress", str(message)[:MAX_MESSAGE_LENGTH], percent)
            # A plain handler reports from its own thread.
            if threading.get_ident() == thread:
                job.log.append(event)
            else:
                loop.call_soon_threadsafe(job.log.append, event)

        context = JobContext(request, job.running.token, job_id=job.id, report=report)
        try:
            event = JobEvent(
                "done",
                progress=100,
                payload=await run_to_outcome(target, request, context, job.running, self._executor),
            )
        except FunctionError as error:
            event = JobEvent("error", error.message[:MAX_MESSAGE_LENGTH])
        # A handler that stopped because it was asked to, by raising or by returning nothing, has not done its work.
        if job.cancelled and not event.payload:
            event = JobEvent("cancelled", "the job was cancelled")
        self._end(job, event)

    def _end(self, job: _Job, event: JobEvent) -> None:
        job.log.end(event)
        if job.id not in self._jobs:
            return
        job.expiry = asyncio.get_running_loop().call_later(KEEP_ENDED, self._jobs.pop, job.id, None)
        self._make_room(job)

    def _make_room(self, newest: _Job | None = None) -> None:
        """Lets ended jobs go, the oldest first, where there are too many or they hold too much; never `newest`."""
        ended = [job for job in self._jobs.values() if job.expiry is not None and job is not newest]
        held = sum(job.log.size for job in ended) + (newest.log.size if newest else 0)
        for job in ended:
            if held <= MAX_ENDED_BYTES and len(self._jobs) < MAX_JOBS:
                return
            if job.expiry is not None:
                job.expiry.cancel()
            del self._jobs[job.id]
            held -= job.log.size

    def _get(self, id: str) -> _Job:
        job = self._jobs.get(id)
        if job is None:
            raise FunctionError("NOT_FOUND", f"there is no job {id!r}")
        return job
