"""Serves GET /croupier/manifest.json, which tells which functions there are, and POST /functions/<id> for each."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

Risk = Literal["low", "medium", "high"]
Handler = Callable[..., Any]


class Event(BaseModel):
    """What a job reports: how far it is (0 to 100), a line of text, or its result, which is the last event."""

    type: Literal["progress", "log", "done", "error"]
    progress: int | None = None
    message: str | None = None
    payload: Any = None


def progress(percent: float, message: str) -> Event:
    return Event(type="progress", progress=round(percent), message=message)


def log(message: str) -> Event:
    return Event(type="log", message=message)


def done(result: BaseModel) -> Event:
    return Event(type="done", progress=100, payload=jsonable_encoder(result))


class Functions(APIRouter):
    """Functions as ordinary routes, and what the manifest tells about them.

    A function refuses a call by an HTTPException, whose status becomes the matching gRPC status: 400 INVALID_ARGUMENT,
    403 PERMISSION_DENIED, 404 NOT_FOUND, 412 FAILED_PRECONDITION.
    """

    def __init__(self) -> None:
        super().__init__()
        self.manifest: list[dict[str, Any]] = []

    def function(
        self,
        id: str,
        *,
        version: str,
        summary: str,
        tags: list[str],
        risk: Risk,
        request: type[BaseModel] | None = None,
        response: type[BaseModel],
    ) -> Callable[[Handler], Handler]:
        """Registers a function. `request` is the model of the handler's body; None: it takes none."""

        def register(handler: Handler) -> Handler:
            path = f"/functions/{id}"
            self.post(path, summary=summary, response_model=response)(handler)
            told: dict[str, Any] = {
                "id": id,
                "version": version,
                "summary": summary,
                "tags": tags,
                "risk": risk,
                "http": f"POST {path}",
                "response": {"json_schema": response.model_json_schema(mode="serialization")},
            }
            if request is not None:
                told["request"] = {"json_schema": request.model_json_schema()}
            self.manifest.append(told)
            return handler

        return register


def serve_functions(app: FastAPI, *groups: Functions) -> None:
    for group in groups:
        app.include_router(group)

    @app.get("/croupier/manifest.json")
    async def manifest() -> dict[str, Any]:
        return {"functions": [told for group in groups for told in group.manifest]}

    @app.exception_handler(RequestValidationError)
    async def refuse(_request: Request, error: RequestValidationError) -> JSONResponse:
        wrong = [f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors()]
        return JSONResponse({"detail": "; ".join(wrong)}, status_code=400)


async def answer_job(request: Request, events: AsyncIterator[Event]) -> Any:
    """Sends the events of a job line by line to a caller that accepts that; any other waits for the result."""
    if "application/x-ndjson" in request.headers.get("accept", ""):
        return StreamingResponse(as_lines(request, events), media_type="application/x-ndjson")
    async for event in events:
        if await request.is_disconnected():
            raise HTTPException(499, "the caller went away")
        if event.type == "done":
            return event.payload
    raise RuntimeError("the job ended without a result")


async def as_lines(request: Request, events: AsyncIterator[Event]) -> AsyncIterator[str]:
    try:
        async for event in events:
            if await request.is_disconnected():
                return
            yield as_line(event)
    except HTTPException as error:
        yield as_line(Event(type="error", message=error.detail))
    except Exception:
        # A bug's message is for the log only.
        logging.exception("a job failed")
        yield as_line(Event(type="error", message="internal error"))


def as_line(event: Event) -> str:
    return json.dumps(event.model_dump(exclude_none=True)) + "\n"
