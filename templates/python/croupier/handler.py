"""Calls handlers: with what they ask for by the names of their parameters, plain ones in a thread."""

import asyncio
import contextvars
import inspect
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

from .call import JobContext
from .definition import Definition, Handler
from .errors import DescriptorError
from .models import is_model
from .payload import decode_json, decode_model, encode_bytes, encode_json

_INJECTED = ("call", "context")


@dataclass(frozen=True)
class Parameters:
    """What a handler asks for. The models are those of its annotations; None: it has none."""

    payload: str | None
    payload_is_positional: bool
    injected: frozenset[str]
    input_model: type | None
    output_model: type | None


class BoundHandler:
    """A handler whose parameters are known, ready to be run on bytes."""

    def __init__(self, definition: Definition, parameters: Parameters, context: object) -> None:
        self._handler = definition.handler
        self._raw = definition.raw
        self._parameters = parameters
        self._context = context
        self.is_async = inspect.iscoroutinefunction(self._handler) or inspect.iscoroutinefunction(
            getattr(self._handler, "__call__", None)  # noqa: B004 - asked of the object, not whether it can be called
        )

    async def run(self, payload: bytes, call: JobContext, executor: Executor) -> bytes:
        """Raises what the handler raises, and FunctionError for a payload or a result that cannot be."""
        bound = self._bind(self._decode(payload), call)
        if self.is_async:
            result = await bound()
        else:
            result = await asyncio.get_running_loop().run_in_executor(executor, self._in_thread(bound, call))
            # A plain function can be a wrapper around a coroutine.
            if inspect.isawaitable(result):
                result = await result
        return encode_bytes(result) if self._raw else encode_json(result)

    def _decode(self, payload: bytes) -> Any:
        if self._raw:
            return payload
        if self._parameters.input_model is not None:
            return decode_model(payload, self._parameters.input_model)
        return decode_json(payload)

    def _bind(self, value: Any, call: JobContext) -> partial[Any]:
        keywords: dict[str, Any] = {}
        if "call" in self._parameters.injected:
            keywords["call"] = call
        if "context" in self._parameters.injected:
            keywords["context"] = self._context
        if self._parameters.payload is None:
            return partial(self._handler, **keywords)
        if self._parameters.payload_is_positional:
            return partial(self._handler, value, **keywords)
        return partial(self._handler, **{self._parameters.payload: value}, **keywords)

    def _in_thread(self, bound: partial[Any], call: JobContext) -> partial[Any]:
        # As asyncio.to_thread does it: a handler finds the context variables of its call.
        return partial(contextvars.copy_context().run, _run_unless_cancelled, bound, call)


def _run_unless_cancelled(bound: partial[Any], call: JobContext) -> Any:
    # It may have waited long for a free thread.
    call.raise_if_cancelled()
    return bound()


def read_parameters(definition: Definition) -> Parameters:
    """DescriptorError where the handler asks for more than it can be given."""
    name = definition.descriptor.id
    if not callable(definition.handler):
        raise DescriptorError(f"function {name}: the handler is a {type(definition.handler).__name__}, not a function")
    signature = _signature(definition.handler)
    if signature is None:
        return Parameters("payload", True, frozenset(), None, None)
    payload: inspect.Parameter | None = None
    injected: set[str] = set()
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.name in _INJECTED and parameter.kind is not parameter.POSITIONAL_ONLY:
            injected.add(parameter.name)
        elif payload is None:
            payload = parameter
        elif parameter.default is parameter.empty:
            raise DescriptorError(
                f"function {name}: the handler asks for {parameter.name!r}; it can have one parameter for the payload, "
                "`call` and `context`"
            )
    return Parameters(
        payload=None if payload is None else payload.name,
        payload_is_positional=payload is not None and payload.kind is not payload.KEYWORD_ONLY,
        injected=frozenset(injected),
        input_model=None if payload is None or definition.raw else _model(payload.annotation),
        output_model=None if definition.raw else _model(signature.return_annotation),
    )


def _signature(handler: Handler) -> inspect.Signature | None:
    try:
        return inspect.signature(handler, eval_str=True)
    except NameError:
        # Annotations for type checkers alone.
        return inspect.signature(handler)
    except (TypeError, ValueError):
        # Written in C, without a signature.
        return None


def _model(annotation: object) -> type | None:
    return annotation if isinstance(annotation, type) and is_model(annotation) else None
