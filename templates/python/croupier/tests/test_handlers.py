"""What handlers are given, what becomes of what they return, and which are refused."""

import asyncio
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel, Field

from .. import CallContext, Definition, DescriptorError, FunctionDescriptor, FunctionError
from ..registry import RegisteredFunction, build_function
from ..testing import RecordedCall


class Ban(BaseModel):
    player_id: str = Field(alias="playerId")
    hours: int | None = None


class Banned(BaseModel):
    player_id: str = Field(serialization_alias="playerId")


def build(handler: Any, raw: bool = False, **descriptor: Any) -> RegisteredFunction:
    definition = Definition(FunctionDescriptor("test", **descriptor), handler, raw)
    return build_function(definition, context="the app's")


def run(handler: Any, payload: bytes = b"", raw: bool = False) -> bytes:
    with ThreadPoolExecutor(1) as executor:
        return asyncio.run(build(handler, raw).handler.run(payload, RecordedCall("test"), executor))


def test_a_handler_is_given_what_its_parameters_name() -> None:
    assert run(lambda: 1) == b"1"
    assert run(lambda payload: payload, b'{"a":1}') == b'{"a":1}'
    assert run(lambda context: context) == b'"the app\'s"'
    assert (
        run(lambda anything, call, context: [anything, call.function_id, context], b"2") == b'[2,"test","the app\'s"]'
    )
    assert run(lambda *, payload, call: [payload, call.function_id], b"2") == b'[2,"test"]'
    assert run(lambda payload, more=3: [payload, more], b"2") == b"[2,3]"


def test_plain_and_async_handlers_answer_alike() -> None:
    async def later(payload: Any) -> Any:
        await asyncio.sleep(0)
        return payload

    assert run(later, b"[1]") == run(lambda payload: payload, b"[1]") == b"[1]"
    # A plain function can hand out a coroutine.
    assert run(lambda payload: later(payload), b"[1]") == b"[1]"


def test_an_empty_payload_is_none_both_ways() -> None:
    assert run(lambda payload: payload is None) == b"true"
    assert run(lambda: None) == b""


def test_a_raw_handler_takes_and_answers_bytes() -> None:
    assert run(lambda payload: payload + b"\xff", b"\x00{", raw=True) == b"\x00{\xff"
    with pytest.raises(FunctionError, match="returned a str"):
        run(lambda payload: "text", raw=True)


def test_models_are_checked_and_make_the_schemas() -> None:
    def ban(request: Ban) -> Banned:
        return Banned(player_id=request.player_id)

    assert run(ban, b'{"playerId":"7"}') == b'{"playerId":"7"}'
    for payload, wrong in [(b"", "playerId: Field required"), (b'{"playerId":7}', "playerId: "), (b"{", "JSON")]:
        with pytest.raises(FunctionError, match=wrong) as refused:
            run(ban, payload)
        assert refused.value.code == "INVALID_ARGUMENT"
    descriptor = build(ban).descriptor
    assert '"required":["playerId"]' in descriptor.input_schema
    assert '"playerId"' in descriptor.output_schema
    assert build(ban, input_schema={"type": "object"}).descriptor.input_schema == '{"type":"object"}'


def test_results_can_hold_dataclasses_dates_and_models() -> None:
    @dataclasses.dataclass
    class Season:
        starts: date
        banned: list[Banned]

    season = Season(date(2026, 1, 2), [Banned(player_id="7")])
    assert run(lambda: season) == b'{"starts":"2026-01-02","banned":[{"playerId":"7"}]}'


@pytest.mark.parametrize("result", [object(), float("nan"), {1, 2}])
def test_what_json_cannot_hold_is_a_bug_of_the_handler(result: object) -> None:
    with pytest.raises(FunctionError, match="cannot be written as JSON") as bug:
        run(lambda: result)
    assert bug.value.code == "INTERNAL"


@pytest.mark.parametrize("payload", [b"{", b"\xff", b"NaN", b"[" * 100_000])
def test_a_payload_that_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(FunctionError, match="not JSON") as refused:
        run(lambda payload: payload, payload)
    assert refused.value.code == "INVALID_ARGUMENT"


def test_a_handler_that_asks_for_more_is_refused() -> None:
    with pytest.raises(DescriptorError, match=r"test.*'second'"):
        build(lambda payload, second: None)
    with pytest.raises(DescriptorError, match="a str, not a function"):
        build("handler")


def test_annotations_for_type_checkers_alone_do_no_harm() -> None:
    def handler(payload: "NotThere") -> "NeitherThis":  # type: ignore[name-defined]  # noqa: F821
        return payload

    assert run(handler, b"1") == b"1"


@pytest.mark.parametrize(
    ("descriptor", "wrong"),
    [
        ({"id": ""}, "1 to 256 characters"),
        ({"id": "not an id"}, "not an id"),
        ({"version": ""}, "version"),
        ({"version": 1}, "version"),
        ({"tags": "one"}, "tags"),
        ({"risk": "huge"}, "risk"),
        ({"input_schema": "{"}, "input_schema is not JSON"),
        ({"output_schema": {"type": object()}}, "output_schema is not JSON"),
        ({"output_schema": "7"}, "which is an object"),
        ({"input_schema": CallContext}, "CallContext is a class without one"),
    ],
)
def test_a_wrong_descriptor_is_refused(descriptor: dict[str, Any], wrong: str) -> None:
    with pytest.raises(DescriptorError, match=wrong):
        build_function(Definition(FunctionDescriptor(**{"id": "test", **descriptor}), lambda: None), None)
