"""The log is verified: what was changed, removed, moved or put in, and which write has no entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.audit.entry import FACT, GUARDED, AuditEntry, AuditSeal, code_of, link_of
from gateway.audit.sealing import BEGINNING, STRAGGLERS

CHUNK = 5000
# A fact that could not be handled at once comes again after 5 s, 30 s and 5 min.
ON_ITS_WAY = timedelta(minutes=10)


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written: `what` is changed, forged, removed, moved, unsealed, missing or cut."""

    what: str
    text: str


@dataclass
class Report:
    """How much was looked at, what was found, and the head of the chain: "<number>:<link in hex>"."""

    entries: int = 0
    seals: int = 0
    head: str = ""
    findings: list[Finding] = field(default_factory=list)

    def add(self, what: str, text: str) -> None:
        """One more finding."""
        self.findings.append(Finding(what, text))


def verify(
    connection: Connection,
    key: str,
    *,
    now: datetime,
    known_head: str = "",
    written_up_to: Mapping[str, int] | None = None,
) -> Report:
    """Look at every entry and every seal.

    `known_head` is a head that was told before: the chain must still hold it. `written_up_to` says how far the logs of
    the services go: {service: sequence}.
    """
    report = Report()
    _check_entries(connection, key, report)
    _check_chain(connection, key, report, known_head)
    _check_unsealed(connection, report, now)
    _check_sequences(connection, report, now, written_up_to or {})
    return report


def _check_entries(connection: Connection, key: str, report: Report) -> None:
    columns = (AuditEntry.position, AuditEntry.code, *(getattr(AuditEntry, name) for name in GUARDED))
    for row in _all(connection, select(*columns).order_by(AuditEntry.position)):
        report.entries += 1
        if code_of(row._mapping, key) != row.code:
            report.add("changed", f"{_named(row)} is not what was written, or was not written by Playdesk")


def _check_chain(connection: Connection, key: str, report: Report, known_head: str) -> None:
    """Each link is made anew from the one before it; after a broken one it goes on from what stands there."""
    query = select(AuditSeal.number, AuditSeal.position, AuditSeal.link, AuditEntry.code)
    query = query.outerjoin(AuditEntry, AuditEntry.position == AuditSeal.position).order_by(AuditSeal.number)
    number, link, heads = 0, BEGINNING, {known_head.lower()} - {""}
    for row in _all(connection, query):
        report.seals += 1
        if row.number != number + 1:
            report.add("removed", f"seals {number + 1} to {row.number - 1} are missing")
        elif row.code is None:
            report.add("removed", f"the entry at position {row.position} (seal {row.number}) is missing")
        elif link_of(link, row.number, row.position, row.code, key) != row.link:
            report.add("moved", f"the entry at position {row.position} is not the one that was sealed as {row.number}")
        number, link = row.number, row.link
        heads.discard(f"{number}:{link.hex()}")
    report.head = f"{number}:{link.hex()}"
    for head in heads:
        report.add("cut", f"the chain no longer holds the head {head}: its end was taken away, or made anew")


def _check_unsealed(connection: Connection, report: Report, now: datetime) -> None:
    sealed = select(AuditSeal.number).where(AuditSeal.position == AuditEntry.position)
    query = select(AuditEntry.position, AuditEntry.id, AuditEntry.action, AuditEntry.at).where(~sealed.exists())
    for row in _all(connection, query.where(AuditEntry.recorded_at < now - STRAGGLERS).order_by(AuditEntry.position)):
        report.add("unsealed", f"{_named(row)} has no seal: it was put in, or its seal was taken away")


def _check_sequences(connection: Connection, report: Report, now: datetime, written: Mapping[str, int]) -> None:
    """The facts of each service are numbered without a gap, so a missing number is a write without an entry."""
    former = func.lag(AuditEntry.sequence).over(partition_by=AuditEntry.service, order_by=AuditEntry.sequence)
    facts = select(AuditEntry.service, AuditEntry.sequence, AuditEntry.recorded_at, former.label("former"))
    each = facts.where(AuditEntry.kind == FACT).subquery()
    wrong = select(each).where(each.c.former.is_not(None), each.c.sequence != each.c.former + 1)
    for row in connection.execute(wrong.order_by(each.c.service, each.c.sequence)):
        if row.sequence == row.former:
            report.add("forged", f"{row.service}: two entries claim to be its fact {row.sequence}")
        elif row.recorded_at < now - ON_ITS_WAY:
            _missing(report, row.service, row.former + 1, row.sequence - 1)
    last = select(AuditEntry.service, func.max(AuditEntry.sequence)).where(AuditEntry.kind == FACT)
    seen: dict[str, int] = dict(connection.execute(last.group_by(AuditEntry.service)).tuples().all())  # type: ignore[arg-type]
    for service, sequence in sorted(written.items()):
        if sequence > seen.get(service, 0):
            _missing(report, service, seen.get(service, 0) + 1, sequence)


def _missing(report: Report, service: str, first: int, last: int) -> None:
    which = f"fact {first}" if first == last else f"facts {first} to {last}"
    report.add("missing", f"{service}: {which} of its log without an entry")


def _all(connection: Connection, query: Any) -> Iterator[Any]:
    """Row by row from a cursor at the server: the log may be larger than memory."""
    yield from connection.execute(query, execution_options={"yield_per": CHUNK})


def _named(row: Any) -> str:
    return f"entry {row.id} (position {row.position}, {row.action}, {row.at:%Y-%m-%d %H:%M:%S})"
