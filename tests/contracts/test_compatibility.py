"""The judge of schemas judges rightly: each break of a contract is caught (R24)."""

from __future__ import annotations

import copy

import jsonschema_rs
import pytest

from tests.contracts.compatibility import examples, misread

TOLD = {
    "type": "object",
    "properties": {
        "no": {"type": "string"},
        "version": {"type": "integer"},
        "agent_id": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "state": {"enum": ["draft", "on_sale"]},
        "lines": {
            "type": "array",
            "items": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        },
        "price": {"type": "string", "pattern": r"^-?\d+\.\d{2}$"},
    },
    "required": ["no", "version", "agent_id", "state", "lines", "price"],
}


def changed(**properties: object) -> dict:
    """The schema with some properties replaced; None takes one away."""
    schema = copy.deepcopy(TOLD)
    for name, value in properties.items():
        if value is None:
            del schema["properties"][name]
            schema["required"].remove(name)
        else:
            schema["properties"][name] = value
    return schema


def test_a_schema_reads_itself_and_less_and_more_optional():
    assert misread(TOLD, TOLD) == []
    assert misread(changed(no=None, lines=None), TOLD) == []
    assert misread({**TOLD, "required": []}, TOLD) == []
    assert misread(TOLD, {**TOLD, "properties": {**TOLD["properties"], "new": {"type": "string"}}}) == []
    assert misread(changed(version={"type": "number"}), TOLD) == []
    assert misread(changed(no={}), TOLD) == []


BREAKS = {
    "a field is gone": changed(no=None),
    "a field may be missing": {**TOLD, "required": TOLD["required"][1:]},
    "a text is a number now": changed(no={"type": "integer"}),
    "a field may be null now": changed(no={"anyOf": [{"type": "string"}, {"type": "null"}]}),
    "a new code": changed(state={"enum": ["draft", "on_sale", "withdrawn"]}),
    "codes are any text now": changed(state={"type": "string"}),
    "deep inside": changed(lines={"type": "array", "items": {"type": "object", "properties": {}, "required": []}}),
    "another pattern": changed(price={"type": "string", "pattern": ".*"}),
    "another kind of list": changed(lines={"type": "array", "items": {"type": "string"}}),
    "no list any more": changed(lines={"type": "object"}),
}


@pytest.mark.parametrize("told", BREAKS.values(), ids=BREAKS.keys())
def test_each_break_is_caught(told):
    assert misread(TOLD, told)


def test_examples_fit_their_schema():
    for example in examples(TOLD):
        jsonschema_rs.validate(TOLD, example)
