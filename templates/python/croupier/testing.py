"""For tests of handlers, which are ordinary functions."""

from collections.abc import Mapping

from .call import CallRequest, CancelToken, JobContext
from .errors import FunctionError


class RecordedCall(JobContext):
    """A call without a caller. `reported`: kind (`progress` or `log`), message and percent of what the handler told."""

    def __init__(
        self,
        function_id: str = "test",
        *,
        metadata: Mapping[str, str] | None = None,
        idempotency_key: str = "",
    ) -> None:
        self.reported: list[tuple[str, str, int]] = []
        self._cancelling = CancelToken()
        super().__init__(
            CallRequest(function_id, metadata=metadata or {}, idempotency_key=idempotency_key),
            self._cancelling,
            job_id="test-1",
            report=lambda kind, message, percent: self.reported.append((kind, message, percent)),
        )

    def cancel(self) -> None:
        """What a caller does who waits no longer; a plain handler sees it."""
        self._cancelling.cancel(FunctionError("CANCELLED", "the caller waits no longer"))
