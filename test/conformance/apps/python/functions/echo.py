"""Answers what it was given."""

from typing import Any

from croupier import CallContext, function

VERSION = "1.0.0"


@function(
    "echo",
    version=VERSION,
    input_schema={"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
    output_schema={
        "type": "object",
        "properties": {"text": {"type": "string"}, "version": {"type": "string"}},
    },
)
async def echo(payload: Any, call: CallContext) -> dict[str, Any]:
    return {
        "text": payload["text"],
        "version": VERSION,
        "metadata": dict(call.metadata),
        "idempotencyKey": call.idempotency_key,
    }
