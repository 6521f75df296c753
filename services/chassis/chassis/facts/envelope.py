"""The CloudEvents 1.0 envelope of a fact: written ten times as fast as by the library; read with a check."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jsonschema_rs
import orjson

from chassis.data.masking import mask_text
from chassis.facts.event import PREFIX

# The columns of the log that `envelope` takes, in its order.
ROW = (
    "sequence, id::text AS id, type, subject, entity_version, data::text AS data, actor, correlation_id, traceparent,"
    " occurred_at"
)
_OUTSIDE = uuid.UUID("6f6a4e0c-6d0e-5b0f-9f5e-5d1f6f0a7c11")  # the namespace of other systems' IDs
_LONGEST_SOURCE = 200
_ENVELOPE = jsonschema_rs.validator_for(
    {
        "type": "object",
        "required": ["specversion", "id", "type", "source", "subject", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "minLength": 1, "maxLength": 64},
            "type": {"type": "string", "pattern": r"^[a-z]+(\.[a-z_]+)+\.v\d+$"},
            "source": {"type": "string", "minLength": 1},
            "subject": {"type": "string", "minLength": 1, "maxLength": 64},
            "time": {"type": "string"},
            "sequence": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            "entityversion": {"type": "integer", "minimum": 0},
            "data": {"type": "object"},
        },
    }
)


class NotAFact(Exception):
    """A message that is no CloudEvent, or whose data is not what its reader needs; trying again would not help."""


@dataclass(frozen=True)
class Received:
    """One fact as a consumer gets it."""

    id: str
    key: str
    source: str
    subject: str
    version: int
    sequence: int
    data: dict[str, Any]
    actor: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    time: datetime | None = None


def envelope(service: str, row: Sequence[Any]) -> bytes:
    """The structured JSON of a row of the log, with the columns of `ROW`, as it goes over the wire."""
    sequence, id, key, subject, version, data, actor, correlation_id, traceparent, occurred_at = row
    own = {
        "id": id,
        "subject": subject,
        "time": occurred_at.astimezone(UTC),
        "sequence": sequence,
        "entityversion": version,
    }
    if correlation_id is not None:
        own["correlationid"] = correlation_id
    if actor is not None:
        own["actor"] = actor
    if traceparent is not None:
        own["traceparent"] = traceparent
    written = orjson.dumps(own, option=orjson.OPT_UTC_Z)[1:-1]
    return b"".join((_beginning(service, key), written, b',"data":', data.encode(), b"}"))


@lru_cache(1024)
def _beginning(service: str, key: str) -> bytes:
    """What all facts of a type have in common, and the comma behind it."""
    return orjson.dumps({**_common(key), "source": f"/playdesk/{service}"})[:-1] + b","


def _common(key: str) -> dict[str, str]:
    return {
        "specversion": "1.0",
        "type": f"{PREFIX}{key}",
        "dataschema": f"/docs/events/schemas/{key}.json",
        "datacontenttype": "application/json",
    }


def as_event(fact: Received) -> dict[str, Any]:
    """A fact that was received as the CloudEvent it came as."""
    event = {
        **_common(fact.key),
        "source": fact.source,
        "id": fact.id,
        "subject": fact.subject,
        "time": fact.time.isoformat().replace("+00:00", "Z") if fact.time else None,
        "sequence": fact.sequence,
        "entityversion": fact.version,
        "correlationid": fact.correlation_id,
        "actor": fact.actor,
        "traceparent": fact.traceparent,
        "data": fact.data,
    }
    return {name: value for name, value in event.items() if value is not None}


def read(body: bytes) -> Received:
    """The fact in a message. Raises NotAFact."""
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotAFact(f"not JSON: {error}") from error
    if not _ENVELOPE.is_valid(event):
        raise NotAFact(f"not a CloudEvent: {next(_ENVELOPE.iter_errors(event)).message}")
    return Received(
        id=event["id"],
        key=event["type"].removeprefix(PREFIX),
        source=event["source"],
        subject=event["subject"],
        version=event.get("entityversion", 0),
        sequence=int(event.get("sequence", 0)),
        data=event["data"],
        actor=event.get("actor"),
        correlation_id=event.get("correlationid"),
        traceparent=event.get("traceparent"),
        time=_moment(event.get("time")),
    )


def read_from_outside(body: bytes) -> Received:
    """The fact of another system in a message; why it is none is said without what was in it. Raises NotAFact.

    An ID is unique for its source alone, and need be no UUID; each subject's own version puts its facts in order.
    """
    try:
        event = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotAFact("not JSON") from error
    if (fault := first_fault(_ENVELOPE, event)) is not None:
        raise NotAFact(f"not a CloudEvent: {fault}")
    if event.get("entityversion", 0) < 1:
        raise NotAFact("entityversion is missing: each subject's own version, from 1")
    if mask_text(event["subject"]) != event["subject"] or len(event["source"]) > _LONGEST_SOURCE:
        raise NotAFact("subject and source are no place for a phone number, or for long texts")
    return replace(read(body), id=str(uuid.uuid5(_OUTSIDE, f"{event['source']}\n{event['id']}")))


def first_fault(schema: jsonschema_rs.Validator, value: Any) -> str | None:
    """The first rule of a schema that a value breaks, and where; never the value, which may be a phone number."""
    error = next(schema.iter_errors(value), None)
    if error is None:
        return None
    return f"/{'/'.join(map(str, error.instance_path))} breaks {error.schema_path[-1]}"


def _moment(text: str | None) -> datetime | None:
    """When it happened; None where that is not said, or not understood: nothing else depends on it."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
