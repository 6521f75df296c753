"""Whether everything one JSON Schema allows can be read by another: for schemas in the form our facts have."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
_SAID = {"title", "description", "$id", "$schema", "examples", "default"}  # words that allow and forbid nothing
_STRUCTURE = {"type", "anyOf", "enum", "items", "properties", "required", "additionalProperties"}
_SAMPLES = {
    "date-time": "2026-11-22T10:13:00.000Z",
    r"^-?\d+(\.\d+)?$": "0.1500",
    r"^-?\d+\.\d{2}$": "648.00",
    "^[A-Z]{3}$": "CNY",
}


def misread(wanted: Schema, told: Schema, where: str = "data") -> list[str]:
    """What a reader of `wanted` could not read of what `told` allows; empty where it can read all."""
    if "anyOf" in told:
        return [fault for option in told["anyOf"] for fault in misread(wanted, option, where)]
    if "anyOf" in wanted:
        options = [misread(option, told, where) for option in wanted["anyOf"]]
        return [] if [] in options else min(options, key=len)
    if "enum" in wanted:
        allowed = set(told.get("enum", [])) <= set(wanted["enum"]) and "enum" in told
        return [] if allowed else [f"{where}: one of {wanted['enum']} is wanted"]
    if not wanted.get("type"):
        return [f"{where}: {n} is wanted" for n in wanted.keys() - _SAID - _STRUCTURE if told.get(n) != wanted[n]]
    kind = _kind(told)
    if kind != wanted["type"] and (kind, wanted["type"]) != ("integer", "number"):
        return [f"{where}: {wanted['type']} is wanted, {kind} is told"]
    return _inside(wanted, told, where)


def _kind(told: Schema) -> str:
    if "enum" in told:
        return "string" if all(isinstance(value, str) for value in told["enum"]) else "mixed"
    return str(told.get("type", "anything"))


def _inside(wanted: Schema, told: Schema, where: str) -> list[str]:
    rules = {name: rule for name, rule in wanted.items() if name not in _SAID | _STRUCTURE}
    faults = [f"{where}: {name} {rule} is wanted" for name, rule in rules.items() if told.get(name) != rule]
    if wanted["type"] == "array":
        return faults + misread(wanted.get("items", {}), told.get("items", {}), f"{where}[]")
    if wanted["type"] == "object":
        return faults + _members(wanted, told, where)
    return faults


def _members(wanted: Schema, told: Schema, where: str) -> list[str]:
    missing = set(wanted.get("required", [])) - set(told.get("required", []))
    faults = [f"{where}.{name} is wanted" for name in sorted(missing)]
    for name, schema in wanted.get("properties", {}).items():
        if name in told.get("properties", {}):
            faults += misread(schema, told["properties"][name], f"{where}.{name}")
        elif _more(told) not in (True, False):
            faults += misread(schema, _more(told), f"{where}.{name}")
    return faults + _room(wanted, told, where)


def _room(wanted: Schema, told: Schema, where: str) -> list[str]:
    """What is wanted of the members that have no name in the schema."""
    if _more(wanted) is True:
        return []
    if _more(wanted) is False:
        return [] if _more(told) is False else [f"{where}: nothing more is wanted than what is named"]
    if _more(told) is False:
        return []
    return misread(_more(wanted), {} if _more(told) is True else _more(told), f"{where}.*")


def _more(schema: Schema) -> Any:
    return schema.get("additionalProperties", True)


def examples(schema: Schema) -> list[Any]:
    """A few values a schema allows: with everything filled in, and with as little as it lets through."""
    return [_example(schema, full=True), _example(schema, full=False)]


def _example(schema: Schema, *, full: bool) -> Any:
    if "anyOf" in schema:
        options = sorted(schema["anyOf"], key=lambda option: option.get("type") == "null", reverse=not full)
        return _example(options[0], full=full)
    if "enum" in schema:
        return schema["enum"][0 if full else -1]
    made = {
        "string": lambda: _SAMPLES.get(schema.get("format") or schema.get("pattern", ""), "text" if full else ""),
        "integer": lambda: 7,
        "number": lambda: 0.5,
        "boolean": lambda: full,
        "null": lambda: None,
        "array": lambda: [_example(schema["items"], full=full)] if full else [],
        "object": lambda: _object(schema, full=full),
    }
    return made[schema["type"]]() if "type" in schema else "anything"


def _object(schema: Schema, *, full: bool) -> dict[str, Any]:
    properties = schema.get("properties", {})
    names = properties if full else schema.get("required", [])
    found = {name: _example(properties[name], full=full) for name in names}
    if full and not properties and isinstance(schema.get("additionalProperties"), dict):
        found["key"] = _example(schema["additionalProperties"], full=full)
    return found
