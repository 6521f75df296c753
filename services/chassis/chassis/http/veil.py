"""What the rules for fields do to an answer: its schema says which of its parts are records that have such fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, fields

from chassis.callers import Caller
from chassis.data.masking import mask_answer
from chassis.field_rules import FIELDS, FieldRules, veiled


@dataclass
class _Part:
    """A part of an answer: the kind of record it is, and the parts of it that matter."""

    kind: str = ""
    parts: dict[str, _Part] = field(default_factory=dict)


class Veil:
    """The veil over the answers of one schema, whose class, or a class within it, says `governs = "player"`.

    With `shows_numbers = True` the records' own view says who sees phone numbers in their texts.
    """

    def __init__(self, schema: type[Schema] | None) -> None:
        self.whole = _part_of(schema) if schema is not None else None
        self.numbers = getattr(schema, "shows_numbers", False)

    def answer(self, value: Any, who: Caller) -> Any:
        """An answer as the caller may see it: by the rules for fields, and numbers in texts masked."""
        found = self.over(value, who)
        return found if self.numbers or who.reads_numbers else mask_answer(found)

    def over(self, value: Any, who: Caller, *, listed: bool = False) -> Any:
        """The JSON value as the caller may see it; `listed` where it is one record of many."""
        return _veiled(self.whole, value, who.fields, listed) if self.whole is not None and who.fields else value


def _part_of(schema: type[Schema]) -> _Part | None:
    """None where nothing in it has rules."""
    found = _Part(getattr(schema, "governs", ""))
    for name, declared in schema._declared_fields.items():
        while isinstance(declared, fields.List):
            declared = declared.inner
        if isinstance(declared, fields.Nested) and (part := _part_of(type(declared.schema))) is not None:
            found.parts[name] = part
    return found if found.kind or found.parts else None


def _veiled(part: _Part, value: Any, rules: FieldRules, listed: bool) -> Any:
    if isinstance(value, list):
        return [_veiled(part, item, rules, listed) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {  # what is part of another record is not there for itself
        name: _veiled(part.parts[name], item, rules, True) if name in part.parts else item
        for name, item in value.items()
    }
    return veiled(part.kind, found, rules, listed=listed) if part.kind else found


def fields_read(query: type[Schema] | None, given: Mapping[str, Any] | None) -> Iterable[str]:
    """The fields by which a query finds: its class names them in `reads`, {parameter: field}."""
    reads: Mapping[str, str] = getattr(query, "reads", {})
    return [named for name, named in reads.items() if given and given.get(name) is not None]


def fields_set(body: type[Schema] | None, given: Mapping[str, Any] | None) -> Iterable[str]:
    """The fields that a body sets: its class says of which kind of record, in `sets`."""
    kind = getattr(body, "sets", "")
    return [f"{kind}.{name}" for name in given or () if f"{kind}.{name}" in FIELDS]
