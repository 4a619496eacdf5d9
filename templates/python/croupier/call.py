"""What a handler knows about its call."""

import math
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from types import MappingProxyType

from .errors import FunctionError


@dataclass(frozen=True)
class CallRequest:
    """A call as it came in. `deadline`: when the caller stops waiting; None: never."""

    function_id: str
    payload: bytes = b""
    metadata: Mapping[str, str] = field(default_factory=dict)
    idempotency_key: str = ""
    deadline: datetime | None = None


class CancelToken:
    """Set once, with the reason; read and waited for from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._reason: FunctionError | None = None

    @property
    def reason(self) -> FunctionError | None:
        return self._reason

    def cancel(self, reason: FunctionError) -> None:
        if self._reason is None:
            self._reason = reason
            self._event.set()

    def wait(self, seconds: float) -> FunctionError | None:
        self._event.wait(seconds)
        return self._reason


class CallContext:
    """Given to handlers that have a parameter `call`.

    An `async def` handler whose call is over is cancelled as asyncio does it, with CancelledError at its next `await`.
    A plain `def` handler runs in a thread, which cannot be interrupted: it looks at `cancelled` between its steps.
    A call is over when the caller cancelled or went away, its deadline passed, the job was cancelled, or the time of a
    graceful shutdown has run out.
    """

    def __init__(self, request: CallRequest, token: CancelToken) -> None:
        self.function_id = request.function_id
        # Unique for this call, for logs.
        self.call_id = str(uuid.uuid4())
        # What the caller and the agents on the way attached, such as `game_id` or `route`.
        self.metadata: Mapping[str, str] = MappingProxyType(dict(request.metadata))
        # The caller's key, the same when it tries again; None where it gave none.
        self.idempotency_key = request.idempotency_key or None
        # When the caller stops waiting; None: never. A job has none.
        self.deadline = request.deadline
        self._token = token

    def remaining(self) -> float:
        """Seconds until the deadline, never negative; infinity without one."""
        if self.deadline is None:
            return math.inf
        return max(0.0, (self.deadline - datetime.now(timezone.utc)).total_seconds())

    @property
    def cancelled(self) -> bool:
        return self._token.reason is not None

    def raise_if_cancelled(self) -> None:
        """Raises the FunctionError that the call is answered with, if it is over."""
        if self._token.reason is not None:
            raise self._token.reason

    def sleep(self, seconds: float) -> None:
        """Waits, and raises as soon as the call is over. For plain handlers; others have `asyncio.sleep`."""
        reason = self._token.wait(seconds)
        if reason is not None:
            raise reason


class JobContext(CallContext):
    """What the handler of a job knows, and how it reports. Of a job called as a plain function nobody hears it."""

    def __init__(
        self,
        request: CallRequest,
        token: CancelToken,
        *,
        job_id: str | None = None,
        report: Callable[[str, str, int], None] = lambda kind, message, percent: None,
    ) -> None:
        super().__init__(request, token)
        # None where the job was called as a plain function.
        self.job_id = job_id
        self._report = report

    def progress(self, percent: float, message: str = "") -> None:
        """Reports progress: 0 to 100 (rounded, and kept inside), with a few words if there is something to say."""
        # A division by zero in a handler must not end its job: int32 takes no NaN.
        whole = 0 if math.isnan(percent) else round(min(100.0, max(0.0, percent)))
        self._report("progress", message, whole)

    def log(self, message: str) -> None:
        """Reports a line of text."""
        self._report("log", message, 0)
