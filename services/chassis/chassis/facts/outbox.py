"""Facts leave by the outbox: they are written in the transaction of the change they tell of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy.orm import Session

from chassis.context import Trace
from chassis.data.idempotency import KEEP, Kept, keep_answer
from chassis.data.masking import mask_fact
from chassis.facts.event import Event, validator

COLUMNS = (
    "id", "type", "subject", "entity_version", "data", "actor", "correlation_id", "traceparent", "occurred_at",
)  # fmt: skip
_WRITE = f"INSERT INTO outbox ({', '.join(COLUMNS)}) VALUES ({', '.join(f'%({name})s' for name in COLUMNS)})"
_WRITE_AND_KEEP = f"WITH kept AS ({KEEP}) {_WRITE}"


class FactInvalid(Exception):
    """A fact does not match its own schema: a mistake of ours, so the change is not committed."""


def write_facts(
    session: Session, events: Sequence[Event], *, actor: str, trace: Trace, kept: Kept | None = None
) -> None:
    """Insert the facts in order, and the answer to be kept on the same journey where there is one. Raises FactInvalid."""
    rows = [_row(event, actor, trace) for event in events]
    connection = session.connection()
    if kept is not None and len(rows) == 1:
        connection.exec_driver_sql(_WRITE_AND_KEEP, rows[0] | kept.values())
        return
    if rows:
        connection.exec_driver_sql(_WRITE, rows if len(rows) > 1 else rows[0])
    if kept is not None:
        keep_answer(session, kept)


def _row(event: Event, actor: str, trace: Trace) -> dict[str, Any]:
    data = mask_fact(event.data())
    check = validator(event.key)
    if check is not None and not check.is_valid(data):
        raise FactInvalid(f"{event.key}: {next(check.iter_errors(data)).message}")
    return {
        "id": event.event_id,
        "type": event.key,
        "subject": event.subject,
        "entity_version": event.entity_version,
        "data": orjson.dumps(data).decode(),
        "actor": actor,
        "correlation_id": trace.request_id,
        "traceparent": trace.traceparent,
        "occurred_at": event.occurred_at,
    }
