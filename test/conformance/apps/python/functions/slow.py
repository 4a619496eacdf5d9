"""Takes its time. A plain function, so in a thread."""

from typing import Any

from croupier import CallContext, function

VERSION = "1.0.0"


@function("slow", version=VERSION)
def slow(payload: Any, call: CallContext) -> dict[str, str]:
    call.sleep(payload["ms"] / 1000)
    return {"version": VERSION}
