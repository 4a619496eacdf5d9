"""What a service tells about its functions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal

from .errors import DescriptorError
from .models import is_model, schema_of

JsonSchema = Mapping[str, Any]
DEFAULT_VERSION = "1.0.0"
MAX_ID_LENGTH = 256
RISKS = ("", "low", "medium", "high")


@dataclass(frozen=True)
class FunctionDescriptor:
    """One function or job. Dashboards make their forms from the input schema; the SDK does not enforce it.

    A schema is a mapping, JSON text, or a model class (pydantic). Where none is given, it is taken from the handler's
    annotations if those are models.
    """

    # Such as `player.ban`. Unique in the service.
    id: str
    _: KW_ONLY
    version: str = DEFAULT_VERSION
    summary: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    operation_id: str = ""
    deprecated: bool = False
    input_schema: JsonSchema | str | type | None = None
    output_schema: JsonSchema | str | type | None = None
    category: str = ""
    risk: Literal["", "low", "medium", "high"] = ""
    entity: str = ""
    operation: str = ""


@dataclass(frozen=True)
class LocalDescriptor:
    """A descriptor as it is registered: checked, schemas as JSON text (empty: none)."""

    id: str
    version: str
    summary: str
    description: str
    tags: tuple[str, ...]
    operation_id: str
    deprecated: bool
    input_schema: str
    output_schema: str
    category: str
    risk: str
    entity: str
    operation: str


def to_local_descriptor(
    descriptor: FunctionDescriptor, input_model: type | None = None, output_model: type | None = None
) -> LocalDescriptor:
    """Checks the descriptor; DescriptorError at a mistake. The models stand in for schemas that are not given."""
    name = descriptor.id
    if not isinstance(name, str) or not 0 < len(name) <= MAX_ID_LENGTH or any(c.isspace() for c in name):
        raise DescriptorError(
            f"a function's id is 1 to {MAX_ID_LENGTH} characters without spaces, such as 'player.ban'; got {name!r}"
        )
    if isinstance(descriptor.tags, str) or not all(isinstance(tag, str) for tag in descriptor.tags):
        raise DescriptorError(f"function {name}: tags is a list of texts; got {descriptor.tags!r}")
    if descriptor.risk not in RISKS:
        raise DescriptorError(f"function {name}: risk is low, medium or high; got {descriptor.risk!r}")
    if descriptor.version == "":
        raise DescriptorError(f"function {name}: version is a text such as '1.0.0'; got ''")
    return LocalDescriptor(
        id=name,
        version=_text(name, "version", descriptor.version),
        summary=_text(name, "summary", descriptor.summary),
        description=_text(name, "description", descriptor.description),
        tags=tuple(descriptor.tags),
        operation_id=_text(name, "operation_id", descriptor.operation_id),
        deprecated=bool(descriptor.deprecated),
        input_schema=_schema_text(name, "input_schema", descriptor.input_schema, input_model),
        output_schema=_schema_text(name, "output_schema", descriptor.output_schema, output_model),
        category=_text(name, "category", descriptor.category),
        risk=descriptor.risk,
        entity=_text(name, "entity", descriptor.entity),
        operation=_text(name, "operation", descriptor.operation),
    )


def _text(name: str, key: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise DescriptorError(f"function {name}: {key} is a text; got {value!r}")


def _schema_text(name: str, key: str, schema: object, model: type | None) -> str:
    if schema is None:
        schema = model
    if schema is None:
        return ""
    if isinstance(schema, type):
        if not is_model(schema):
            raise DescriptorError(f"function {name}: {key} is a JSON Schema; {schema.__name__} is a class without one")
        schema = schema_of(schema, "validation" if key == "input_schema" else "serialization")
    try:
        value = json.loads(schema) if isinstance(schema, str) else schema
        text = schema if isinstance(schema, str) else json.dumps(dict(_mapping(schema)), separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise DescriptorError(f"function {name}: {key} is not JSON: {error}") from error
    if not isinstance(value, Mapping | bool):
        raise DescriptorError(f"function {name}: {key} is a JSON Schema, which is an object; got {value!r}")
    return text


def _mapping(schema: object) -> Mapping[str, Any]:
    if isinstance(schema, Mapping):
        return schema
    raise TypeError(f"a {type(schema).__name__} is no object")
