"""Functions as they are written down in function modules."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from .descriptor import DEFAULT_VERSION, FunctionDescriptor, JsonSchema

Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)

_ATTRIBUTE = "__croupier_definition__"


@dataclass(frozen=True)
class Definition:
    """A descriptor with its handler. `raw`: the handler takes and returns bytes, and nothing is parsed."""

    descriptor: FunctionDescriptor
    handler: Handler
    raw: bool = False


def function(
    id: str,
    *,
    version: str = DEFAULT_VERSION,
    summary: str = "",
    description: str = "",
    tags: Sequence[str] = (),
    operation_id: str = "",
    deprecated: bool = False,
    input_schema: JsonSchema | str | type | None = None,
    output_schema: JsonSchema | str | type | None = None,
    category: str = "",
    risk: Literal["", "low", "medium", "high"] = "",
    entity: str = "",
    operation: str = "",
    raw: bool = False,
) -> Callable[[H], H]:
    """Marks a function of a function module, which stays an ordinary function: tests call it as it is.

    What it is given goes by the names of its parameters: `call` (a CallContext), `context` (what the app passed as the
    service's `context`), and one of any other name for the payload. It needs none of them.
    """
    descriptor = FunctionDescriptor(
        id,
        version=version,
        summary=summary,
        description=description,
        tags=tuple(tags),
        operation_id=operation_id,
        deprecated=deprecated,
        input_schema=input_schema,
        output_schema=output_schema,
        category=category,
        risk=risk,
        entity=entity,
        operation=operation,
    )

    def mark(handler: H) -> H:
        setattr(handler, _ATTRIBUTE, Definition(descriptor, handler, raw))
        return handler

    return mark


# A job is a function that runs longer than a caller waits: its `call` is a JobContext, which reports progress. Called
# as a plain function it runs to its end and answers its result.
job = function


def definition_of(value: object) -> Definition | None:
    """What `@function` or `@job` attached; None: nothing."""
    found = getattr(value, "__dict__", {}).get(_ATTRIBUTE)
    if not isinstance(found, Definition) or not callable(value):
        return None
    # A decorator above ours (functools.wraps) takes the attribute along, and is what has to be called.
    return replace(found, handler=value)
