"""One service's log of facts, read in its order: for the merged log, for replays and for reconciliation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.facts.bus import expression
from chassis.facts.envelope import ROW, envelope

MOST_LOOKED_AT = 20_000  # rows of one reading: where a filter lets little through, the answer still comes at once


@dataclass(frozen=True)
class Stretch:
    """Some facts of a log, as CloudEvents in their order.

    Everything up to `next_after` has been looked at; `head` is the place of the newest fact, `first` that of the oldest
    one kept (head + 1 where none is).
    """

    items: list[dict[str, Any]]
    next_after: int
    head: int
    first: int


_ENDS = text(
    "SELECT last_sequence AS head, coalesce((SELECT min(sequence) FROM event_log), last_sequence + 1) AS first FROM relay_state"
)
_SOME = f"""
SELECT {ROW} FROM event_log
WHERE sequence > :after AND sequence <= :upto {{filter}} ORDER BY sequence LIMIT :limit
"""
_AT = text("SELECT logged_at FROM event_log WHERE sequence >= :sequence ORDER BY sequence LIMIT 1")


def read_log(session: Session, service: str, *, after: int, types: Iterable[str] = (), limit: int = 100) -> Stretch:
    """Up to `limit` facts behind the place `after`, of the types that one of the topic bindings `types` takes."""
    ends = session.execute(_ENDS).one()
    upto = min(max(after, ends.first - 1) + MOST_LOOKED_AT, ends.head)
    pattern = _expression(types)
    values: dict[str, Any] = {"after": after, "upto": upto, "limit": limit}
    statement = _SOME.format(filter="AND type || '.' ~ :pattern" if pattern else "")
    rows = session.execute(text(statement), {**values, **({"pattern": pattern} if pattern else {})}).all()
    items = [orjson.loads(envelope(service, row)) for row in rows]
    looked_at = rows[-1].sequence if len(rows) == limit else max(upto, after)
    return Stretch(items, looked_at, ends.head, ends.first)


def place_before(session: Session, moment: datetime) -> int:
    """The place behind which everything lies that came into the log at `moment` (UTC) or later.

    Places and moments grow together, so it is found by halving; the log has no index by time.
    """
    ends = session.execute(_ENDS).one()
    low, high = ends.first, ends.head + 1
    while low < high:
        middle = (low + high) // 2
        at = session.execute(_AT, {"sequence": middle}).scalar()
        if at is not None and at < moment:
            low = middle + 1
        else:
            high = middle
    return int(low) - 1


def _expression(types: Iterable[str]) -> str:
    """Topic bindings as one regular expression; empty where everything is wanted."""
    wanted = list(types)
    if not wanted or "#" in wanted:
        return ""
    return f"^(?:{'|'.join(expression(one) for one in wanted)})$"
