"""Facts as frozen dataclasses: their names, their JSON, and the JSON Schema that is checked both ways."""

from __future__ import annotations

import dataclasses
import types
import typing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Literal

import jsonschema_rs
import orjson

from chassis.clock import new_id
from chassis.money import Money

PREFIX = "playdesk."


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact about one entity. Subclasses add the data fields and are named with `@fact("ticket.completed.v1")`.

    `subject` is the entity's ID, `entity_version` its version after the change, `occurred_at` UTC, `changed` the
    names of the fields that are new.
    """

    key: ClassVar[str] = ""

    subject: str
    entity_version: int
    occurred_at: datetime
    changed: tuple[str, ...] = ()
    event_id: str = dataclasses.field(default_factory=new_id)

    def data(self) -> dict[str, Any]:
        """The content: the new state and what changed, as JSON values."""
        kind: Any = type(self)
        return {name: _json_value(getattr(self, name)) for name in _data_fields(kind)}


_ENVELOPE = {"subject", "entity_version", "occurred_at", "event_id"}
_registry: dict[str, Any] = {}


def fact(key: str) -> typing.Callable[[type[Event]], type[Event]]:
    """Name a fact by its routing key: `<entity>.<past tense>.v<number>`."""

    def name(kind: type[Event]) -> type[Event]:
        kind.key = key
        _registry[key] = kind
        return kind

    return name


def facts_of(prefixes: tuple[str, ...]) -> dict[str, Any]:
    """The facts whose keys begin with one of the prefixes, in order."""
    return {key: _registry[key] for key in sorted(_registry) if key.startswith(prefixes)}


@cache
def _data_fields(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if field.name not in _ENVELOPE)


def _json_value(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amount": str(value.amount), "currency": value.currency}
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {field.name: _json_value(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


@cache
def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a fact's data. Unknown fields are allowed: adding one keeps the version."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{kind.key}.json",
        "title": kind.__name__,
        "description": (kind.__doc__ or "").strip().split("\n")[0],
        **_object_schema(kind, _data_fields(kind)),
    }


def _object_schema(kind: type, names: tuple[str, ...]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind, include_extras=True)
    optional = {
        f.name for f in dataclasses.fields(kind) if f.default is not dataclasses.MISSING and f.name != "changed"
    }
    return {
        "type": "object",
        "properties": {name: _type_schema(hints[name]) for name in names},
        "required": [name for name in names if name not in optional],
    }


def rules(**further: Any) -> tuple[tuple[str, Any], ...]:
    """Further words of JSON Schema for a field: `Annotated[str, rules(maxLength=32)]`."""
    return tuple(further.items())


_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Any: {},
    dict: {"type": "object"},
    datetime: {"type": "string", "format": "date-time"},
    Decimal: {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    Money: {
        "type": "object",
        "properties": {
            "amount": {"type": "string", "pattern": r"^-?\d+\.\d{2}$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["amount", "currency"],
    },
}


def _type_schema(hint: Any) -> dict[str, Any]:
    if typing.get_origin(hint) is typing.Annotated:
        plain, further = typing.get_args(hint)
        return {**_type_schema(plain), **dict(further)}
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [{"type": "null"} if a is type(None) else _type_schema(a) for a in arguments]}
    if origin in (list, tuple):
        return {"type": "array", "items": _type_schema(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _type_schema(arguments[1])}
    if dataclasses.is_dataclass(hint):
        return _object_schema(hint, tuple(f.name for f in dataclasses.fields(hint)))  # type: ignore[arg-type]
    return {"type": "string"}


@cache
def validator(key: str) -> jsonschema_rs.Validator | None:
    """The compiled schema for one routing key; None for a fact this process does not know."""
    kind = _registry.get(key)
    return jsonschema_rs.validator_for(schema_of(kind), validate_formats=True) if kind else None


def encoded(value: Any) -> bytes:
    """JSON bytes, the same for the same value."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
