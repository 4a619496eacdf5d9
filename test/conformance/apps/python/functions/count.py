"""A job with progress."""

import asyncio
from typing import Any

from croupier import JobContext, job

VERSION = "1.0.0"


@job("count", version=VERSION)
async def count(payload: Any, call: JobContext) -> dict[str, Any]:
    steps = payload["steps"]
    for step in range(1, steps + 1):
        await asyncio.sleep(payload["ms"] / 1000)
        call.progress(step / steps * 100, f"step {step}")
    return {"steps": steps, "version": VERSION}
