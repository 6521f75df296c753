"""Every small change of a schema that would break somebody, made one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

Schema = dict[str, Any]
OTHER_TYPE = {"string": "integer", "integer": "string", "number": "string", "boolean": "string", "array": "object",
              "object": "array", "null": "string"}  # fmt: skip
TIGHTER: dict[str, list[Schema]] = {
    "string": [{"pattern": "^[a-z]+$"}, {"format": "email"}, {"maxLength": 8}, {"minLength": 1}],
    "integer": [{"minimum": 1}, {"maximum": 100}, {"multipleOf": 2}],
    "number": [{"minimum": 0}, {"exclusiveMaximum": 1}],
    "array": [{"maxItems": 1}, {"minItems": 1}, {"uniqueItems": True}],
    "object": [{"additionalProperties": False}, {"minProperties": 1}, {"maxProperties": 1}],
}


def mutants(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """(what was done, the schema with it done); each differs from the original in one place."""
    whole = orjson.dumps(schema)
    for path in list(_places(schema)):
        for name, change in _changes(_at(schema, path)):
            if name == "may be null" and "anyOf" in path[-2:]:
                continue  # it may be null already
            mutant = orjson.loads(whole)
            if change(_at(mutant, path)) is not False and mutant != schema:
                yield f"{name} at {'/'.join(map(str, path)) or 'the top'}", mutant


def harmless(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """(what was done, the schema with it done) for what keeps the version: an optional field, other words."""
    whole = orjson.dumps(schema)
    for path in list(_places(schema)):
        if "properties" in _at(schema, path):
            mutant = orjson.loads(whole)
            _at(mutant, path)["properties"]["a_new_field"] = {"type": "string"}
            yield f"a new optional field at {path}", mutant
    yield "another description", {**schema, "description": "said in other words", "title": "AnotherName"}


def _places(schema: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every schema within a schema."""
    yield path
    for name, inner in schema.get("properties", {}).items():
        yield from _places(inner, (*path, "properties", name))
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _places(schema[name], (*path, name))
    for number, inner in enumerate(schema.get("anyOf", [])):
        yield from _places(inner, (*path, "anyOf", number))


def _at(schema: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        schema = schema[step]
    return schema


def _changes(place: Schema) -> Iterator[tuple[str, Any]]:
    for kind in (_fields, _types, _codes, _rules, _options):
        yield from kind(place)


def _fields(place: Schema) -> Iterator[tuple[str, Any]]:
    for name in place.get("properties", {}):
        if name in place.get("required", []):
            yield f"{name} removed", lambda p, n=name: (p["properties"].pop(n), p["required"].remove(n))
            yield f"{name} renamed", lambda p, n=name: _rename(p, n)
            yield f"{name} may be missing", lambda p, n=name: p["required"].remove(n)
        else:
            yield f"{name} must be there", lambda p, n=name: p.setdefault("required", []).append(n)
    if "properties" in place:
        yield "a new field that must be there", _demand


def _rename(place: Schema, name: str) -> None:
    place["properties"][f"{name}_new"] = place["properties"].pop(name)
    place["required"][place["required"].index(name)] = f"{name}_new"


def _demand(place: Schema) -> None:
    place["properties"]["new_field"] = {"type": "string"}
    place.setdefault("required", []).append("new_field")


def _types(place: Schema) -> Iterator[tuple[str, Any]]:
    if "type" in place:
        yield "another type", lambda p: p.update(type=OTHER_TYPE[p["type"]])
        if place["type"] != "null":
            yield "may be null", lambda p: _wrap(p)
            yield "anything goes", lambda p: p.clear()
    elif not place:
        yield "text is wanted where anything went", lambda p: p.update(type="string")


def _wrap(place: Schema) -> None:
    inner = dict(place)
    place.clear()
    place["anyOf"] = [inner, {"type": "null"}]


def _codes(place: Schema) -> Iterator[tuple[str, Any]]:
    if "enum" in place:
        yield "a code less", lambda p: p["enum"].pop()
        yield "a code more", lambda p: p["enum"].append("another")
        yield "any text for a code", lambda p: (p.pop("enum"), p.update(type="string"))
    elif place.get("type") == "string":
        yield "codes for any text", lambda p: (p.clear(), p.update(enum=["one", "two"]))


def _rules(place: Schema) -> Iterator[tuple[str, Any]]:
    for rule in TIGHTER.get(str(place.get("type")), []):
        if not rule.keys() & place.keys():
            yield f"{rule} is asked for", lambda p, r=rule: p.update(r)
    for name in place.keys() & {"pattern", "format"}:
        yield f"no {name} any more", lambda p, n=name: p.pop(n)
        yield f"another {name}", lambda p, n=name: p.update({n: "^x$" if n == "pattern" else "uri"})
    if place.get("additionalProperties"):
        yield "no rule for the others", lambda p: p.pop("additionalProperties")


def _options(place: Schema) -> Iterator[tuple[str, Any]]:
    if "anyOf" in place:
        for number in range(len(place["anyOf"])):
            yield f"option {number} gone", lambda p, n=number: p["anyOf"].pop(n)
        yield "an option more", lambda p: p["anyOf"].append({"type": "boolean"})
