"""The seals: each entry is chained to the one before it, so that none can be taken out or moved without a trace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from chassis.data.unit_of_work import UnitOfWork
from chassis.ops.logging import log
from gateway.audit.entry import GUARDED, AuditEntry, AuditSeal, code_of, link_of

BEGINNING = bytes(32)
BATCH, MOST_BATCHES = 1000, 20
# A writer that took its place in the order may commit after others that took theirs later. None takes longer than
# its statement's and its transaction's time limits (5 and 15 s) allow.
STRAGGLERS = timedelta(minutes=2)


def seal(work: UnitOfWork) -> None:
    """Chain the entries that are not yet; run by a timer, in one process at a time."""
    for _ in range(MOST_BATCHES):
        if seal_some(work) < BATCH:
            return


def seal_some(work: UnitOfWork) -> int:
    """Chain up to a batch of entries; returns how many there were."""
    number, link = head(work)
    rows = work.session.execute(_unsealed(work)).all()
    links: list[dict[str, Any]] = []
    for row in _genuine(rows, work.settings.audit_key):
        number += 1
        link = link_of(link, number, row.position, row.code, work.settings.audit_key)
        links.append({"number": number, "position": row.position, "sealed_at": work.now(), "link": link})
    if links:
        work.session.execute(insert(AuditSeal), links)
    return len(rows)


def head(work: UnitOfWork) -> tuple[int, bytes]:
    """(number, link) of the newest seal."""
    newest = select(AuditSeal.number, AuditSeal.link).order_by(AuditSeal.number.desc()).limit(1)
    found = work.session.execute(newest).first()
    return (found.number, found.link) if found else (0, BEGINNING)


def _unsealed(work: UnitOfWork) -> Any:
    """Entries without a seal, in their order; looked for only where there can be some."""
    settled = select(AuditSeal.position).where(AuditSeal.sealed_at < work.now() - STRAGGLERS)
    floor = work.session.scalar(settled.order_by(AuditSeal.number.desc()).limit(1)) or 0
    sealed = select(AuditSeal.number).where(AuditSeal.position == AuditEntry.position)
    columns = (AuditEntry.position, AuditEntry.code, *(getattr(AuditEntry, name) for name in GUARDED))
    query = select(*columns).where(AuditEntry.position > floor, ~sealed.exists())
    return query.order_by(AuditEntry.position).limit(BATCH)


def _genuine(rows: Sequence[Any], key: str) -> list[Any]:
    """Those we wrote ourselves: what somebody else put in is not sealed, and so is found by the verification."""
    found = []
    for row in rows:
        if code_of(row._mapping, key) == row.code:
            found.append(row)
        else:
            log.error("an audit entry was not written by Playdesk", entry=row.id, position=row.position)
    return found
