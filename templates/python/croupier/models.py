"""Payloads as models: pydantic's classes, known by their methods, so that nothing here needs pydantic."""

from typing import Any, Literal


def is_model(annotation: object) -> bool:
    """Whether an annotation is a model class: one that makes a schema and checks JSON."""
    return isinstance(annotation, type) and all(
        callable(getattr(annotation, method, None)) for method in ("model_json_schema", "model_validate_json")
    )


def schema_of(model: Any, mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    """The JSON Schema of what is taken (`validation`) or answered (`serialization`), under the names of the wire."""
    schema: dict[str, Any] = model.model_json_schema(mode=mode)
    return schema


def explain_refusal(error: ValueError) -> str:
    """What is wrong with a payload, as `playerId: Field required; hours: ...`."""
    errors = getattr(error, "errors", None)
    if not callable(errors):
        return str(error)
    return "; ".join(_explain(one) for one in errors())


def _explain(one: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in one.get("loc", ()))
    return f"{place}: {one['msg']}" if place else str(one["msg"])
