"""The log as it is read: by person, record, action, time and request, within the reader's scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import aliased

from chassis.callers import Caller
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.search import escaped_like
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from gateway.audit.entry import DEED, FACT, REQUEST, AuditEntry, AuditSeal
from gateway.identity.staff import Staff

SORTS = {"at": Sort(AuditEntry.at, "at")}


@dataclass(frozen=True)
class Shown:
    """An entry with what stands elsewhere: its actor, the state before it, the request it came from, its seal."""

    entry: AuditEntry
    actor: Staff | None
    before: dict[str, Any] | None
    origin: AuditEntry | None
    sealed: bool


def of_whom(caller: Caller) -> ColumnElement[bool]:
    """Whose deeds a caller reads about: those of the staff of their departments, or their own."""
    if caller.scope.kind == "departments":
        theirs = select(cast(Staff.id, String)).where(Staff.department_id.in_(caller.scope.departments))
        return AuditEntry.actor.in_(theirs)
    return AuditEntry.actor == caller.id


def find(work: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of entries within the caller's scope, newest first, each a Shown."""
    statement = work.select(AuditEntry).where(*_conditions(query))
    page = paginate(work.session, statement, sorts=SORTS, id_column=AuditEntry.id, query=query)
    return Page(completed(work, page.items), page.next_cursor, page.total)


def one(work: UnitOfWork, entry_id: str) -> Shown:
    """One entry. Raises NotFound, also outside the scope."""
    entry = work.session.scalar(work.select(AuditEntry).where(AuditEntry.id == entry_id))
    if entry is None:
        raise NotFound()
    return completed(work, [entry])[0]


def _conditions(query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [AuditEntry.kind.in_(query.get("kind") or (FACT, DEED))]
    for name, column in _EQUAL.items():
        if query.get(name):
            found.append(column == query[name])
    if query.get("staff_no"):
        person = select(cast(Staff.id, String)).where(func.lower(Staff.no) == query["staff_no"].lower())
        found.append(AuditEntry.actor == person.scalar_subquery())
    if query.get("action"):
        found.append(AuditEntry.action.like(f"{escaped_like(query['action'])}%"))
    if query.get("at_gte"):
        found.append(AuditEntry.at >= query["at_gte"])
    if query.get("at_lt"):
        found.append(AuditEntry.at < query["at_lt"])
    return found


_EQUAL: dict[str, Any] = {
    "actor_id": AuditEntry.actor,
    "subject_kind": AuditEntry.subject_kind,
    "subject_id": AuditEntry.subject,
    "request_id": AuditEntry.request_id,
    "entry_id": AuditEntry.id,
}


def completed(work: UnitOfWork, entries: Sequence[AuditEntry]) -> list[Shown]:
    """Each entry with its actor, the state before, its origin and whether it is sealed: four queries for all."""
    actors = _actors(work, entries)
    before, origins = _before(work, entries), _origins(work, entries)
    places = select(AuditSeal.position).where(AuditSeal.position.in_([entry.position for entry in entries]))
    sealed = set(work.session.scalars(places)) if entries else set()
    return [
        Shown(e, actors.get(e.actor or ""), before.get(e.id), origins.get(e.id), e.position in sealed) for e in entries
    ]


def _actors(work: UnitOfWork, entries: Sequence[AuditEntry]) -> dict[str, Staff]:
    wanted = {entry.actor for entry in entries if entry.actor and len(entry.actor) == 36}
    query = select(Staff).where(cast(Staff.id, String).in_(wanted))
    return {staff.id: staff for staff in work.session.scalars(query)} if wanted else {}


def _before(work: UnitOfWork, entries: Sequence[AuditEntry]) -> dict[str, dict[str, Any]]:
    """{entry id: the state of its subject at the version before}, as far as there was one."""
    here, former = aliased(AuditEntry), aliased(AuditEntry)
    earlier = select(former.data).where(
        former.subject == here.subject,
        former.service == here.service,
        former.kind == FACT,
        former.subject_kind == here.subject_kind,
        former.entity_version < here.entity_version,
    )
    last = earlier.order_by(former.entity_version.desc(), former.position.desc()).limit(1).scalar_subquery()
    query = select(here.id, last).where(here.id.in_([entry.id for entry in entries if entry.kind == FACT]))
    return {row[0]: orjson.loads(row[1]) for row in work.session.execute(query) if row[1]}


def _origins(work: UnitOfWork, entries: Sequence[AuditEntry]) -> dict[str, AuditEntry]:
    """{entry id: the request by the same person under the same ID}: an ID alone can be chosen by whoever asks."""
    wanted = [entry for entry in entries if entry.kind == FACT and entry.request_id and entry.actor]
    pairs: list[ColumnElement[bool]] = [
        and_(AuditEntry.request_id == e.request_id, AuditEntry.actor == e.actor) for e in wanted
    ]
    if not pairs:
        return {}
    query: Select[tuple[AuditEntry]] = select(AuditEntry).where(AuditEntry.kind == REQUEST, or_(*pairs))
    found = {(o.request_id, o.actor): o for o in work.session.scalars(query.order_by(AuditEntry.position))}
    return {e.id: found[e.request_id, e.actor] for e in wanted if (e.request_id, e.actor) in found}
