"""The app of the conformance suite: a small game server that uses all of the SDK."""

import asyncio
import os
from typing import Any

from admin import Admin

from croupier import CallContext, FunctionDescriptor, FunctionError, Service


def fail(payload: Any) -> None:
    if payload.get("bug"):
        raise RuntimeError(payload["message"])
    raise FunctionError(payload["status"], payload["message"])


def tell_deadline(call: CallContext) -> dict[str, float]:
    return {"remainingMs": call.remaining() * 1000}


async def main() -> None:
    service = Service(
        service_id="conformance",
        functions="functions",
        handle_signals=True,
        reconnect_delay=float(os.environ.get("CONFORMANCE_RECONNECT_MS", "100")) / 1000,
        max_retry_attempts=int(os.environ.get("CONFORMANCE_MAX_RETRIES", "10")),
    )
    admin = Admin(service)
    service.register_function(FunctionDescriptor("fail"), fail)
    service.register_function(FunctionDescriptor("deadline"), tell_deadline)
    service.register_function(FunctionDescriptor("admin"), admin.run)
    await service.serve()


if __name__ == "__main__":
    asyncio.run(main())
