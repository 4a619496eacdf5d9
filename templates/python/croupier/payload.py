"""Payloads: JSON text on the wire, values in the handlers."""

import dataclasses
import datetime
import json
from typing import Any, NoReturn

from .errors import FunctionError
from .models import explain_refusal


def decode_json(payload: bytes) -> Any:
    """JSON text to a value; None for an empty payload. INVALID_ARGUMENT where it is not JSON."""
    if not payload:
        return None
    try:
        return json.loads(payload.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FunctionError("INVALID_ARGUMENT", f"the payload is not JSON: {error}") from error


def decode_model(payload: bytes, model: Any) -> Any:
    """JSON text to a model; an empty payload is an object without keys. INVALID_ARGUMENT where it does not fit."""
    try:
        return model.model_validate_json(payload or b"{}")
    except ValueError as error:
        raise FunctionError("INVALID_ARGUMENT", explain_refusal(error)) from error


def encode_json(value: Any) -> bytes:
    """A value to JSON text: what JSON holds, models, dataclasses, dates. None is an empty payload."""
    if value is None:
        return b""
    try:
        return json.dumps(value, default=_encode_other, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise FunctionError("INTERNAL", f"what the function returned cannot be written as JSON: {error}") from error


def encode_bytes(value: Any) -> bytes:
    """What a raw handler returned."""
    if value is None:
        return b""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise FunctionError("INTERNAL", f"the function handles bytes but returned a {type(value).__name__}")


def _encode_other(value: Any) -> Any:
    if callable(getattr(value, "model_dump", None)):
        return value.model_dump(mode="json", by_alias=True)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    raise TypeError(f"JSON cannot hold a {type(value).__name__}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
