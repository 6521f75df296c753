"""Invariant I: the ledger against the databases, the projection and the broker; nothing lost, nothing doubled."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pika
import psycopg

from tests.faults.farm import QUEUE, Farm, eventually
from tests.faults.load import Ledger

SETTLE_SECONDS = 90


@dataclass(frozen=True)
class Finding:
    """What a row of the table shows."""

    acknowledged: int
    facts: int
    delivered: int
    lost: int
    doubled: int
    differences: int
    dead: int
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether the invariant holds."""
        return not (self.lost or self.doubled or self.differences or self.dead)


def settle_and_compare(farm: Farm, ledger: Ledger, *, since: float | None = None) -> Finding:
    """Wait until all is quiet, then compare; `since` is when the fault was over (monotonic)."""
    since = since or time.monotonic()
    eventually(lambda: _quiet(farm), SETTLE_SECONDS, "an empty outbox and empty queues")
    seconds = time.monotonic() - since
    with farm.database("ticket") as source, farm.database("mirror") as copy:
        tickets = _by_id(source, "SELECT id, version, status, question, no FROM tickets")
        mirrored = _by_id(copy, "SELECT id, version, status, question, no FROM mirrored_tickets")
        facts = source.execute(
            "SELECT sequence, id, subject, entity_version FROM event_log ORDER BY sequence"
        ).fetchall()
        effects = Counter(str(row[0]) for row in copy.execute("SELECT event_id FROM effects"))
    return Finding(
        acknowledged=ledger.acknowledged,
        facts=len(facts),
        delivered=sum(effects.values()),
        lost=_lost(ledger, tickets, facts, effects),
        doubled=_doubled(ledger, tickets, facts, effects),
        differences=_differences(tickets, mirrored),
        dead=farm.in_queues()[QUEUE.dead],
        seconds=seconds,
    )


def _quiet(farm: Farm) -> bool:
    """Outbox and queues empty, and everything published has been noted by the mirror's inbox."""
    query = "SELECT (SELECT count(*) FROM outbox), last_sequence - published_up_to, last_sequence FROM relay_state"
    try:
        with farm.database("ticket") as source, farm.database("mirror") as copy:
            outbox, unpublished, last = source.execute(query).fetchone()  # type: ignore[misc]
            noted = copy.execute("SELECT count(DISTINCT event_id) FROM effects").fetchone()[0]  # type: ignore[index]
        waiting = {name: count for name, count in farm.in_queues().items() if name != QUEUE.dead}
    except (psycopg.Error, pika.exceptions.AMQPError, OSError):
        return False
    return outbox == unpublished == 0 and not any(waiting.values()) and noted >= last


def _by_id(connection: psycopg.Connection, query: str) -> dict[str, tuple[Any, ...]]:
    return {str(row[0]): row[1:] for row in connection.execute(query)}


def _lost(ledger: Ledger, tickets: dict, facts: list, effects: Counter[str]) -> int:
    """Acknowledged and not there, or at an older version; a version without its fact; a fact without its effect."""
    versions = {(str(subject), version) for _, _, subject, version in facts}
    missing = sum(1 for i, (version, _) in ledger.tickets.items() if i not in tickets or tickets[i][0] < version)
    untold = sum(1 for i, row in tickets.items() for version in range(1, row[0] + 1) if (i, version) not in versions)
    unheard = sum(1 for _, fact_id, _, _ in facts if str(fact_id) not in effects)
    gaps = len(facts) - (facts[-1][0] if facts else 0)
    return missing + untold + unheard + abs(gaps)


def _doubled(ledger: Ledger, tickets: dict, facts: list, effects: Counter[str]) -> int:
    """Two tickets for one request, two facts for one version, two effects of one fact."""
    ours = set(ledger.questions.values())
    questions = Counter(row[2] for row in tickets.values() if row[2] in ours)
    versions = Counter((str(subject), version) for _, _, subject, version in facts)
    return sum(count - 1 for counted in (questions, versions, effects) for count in counted.values())


def _differences(tickets: dict, mirrored: dict) -> int:
    return sum(1 for i in tickets.keys() | mirrored.keys() if tickets.get(i) != mirrored.get(i))
