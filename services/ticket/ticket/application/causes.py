"""What is done with causes: named, given tickets, fixed with all of them, opened again, a fix taken back (T33)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from chassis.clock import new_id
from chassis.data.unit_of_work import UnitOfWork
from chassis.jobs import store
from chassis.jobs.job import JobKind
from chassis.jobs.running import Run
from chassis.rules import RuleBroken
from ticket.application.deadlines import ring
from ticket.application.surveys import ask_about
from ticket.application.tickets import cause_change, record, snapshot, still_here
from ticket.domain.cause import OPEN, Cause
from ticket.domain.events import TicketFact
from ticket.domain.ticket import Ticket
from ticket.persistence.causes import completed_by, counted, how_many, open_tickets
from ticket.persistence.deadlines import terms

AT_ONCE = 200  # tickets in one transaction; what is more is done by a job, as many at a time
ACTION = "cause.fix"


@dataclass(frozen=True)
class Moved:
    """A cause after its tickets moved with it: how many did at once, how many a job still moves, and which job."""

    cause: Cause
    moved: int
    left: int
    job_id: str | None


def create_cause(uow: UnitOfWork, fields: Mapping[str, Any]) -> Cause:
    """Name a problem."""
    given = {"note": "", "pack_no": None, **fields}
    cause = Cause(id=new_id(), version=1, state=OPEN, solution="", created_by=uow.caller.id, **given)
    facts = cause.open(uow.now())
    uow.add(cause)
    uow.publish(facts)
    return cause


def edit_cause(uow: UnitOfWork, cause_id: str, fields: Mapping[str, Any], *, version: int) -> Cause:
    """Change a cause's title, note or pack. Raises NotFound, StaleRecord."""
    cause = uow.for_update(Cause, cause_id, version)
    uow.publish(cause.edit(fields, at=uow.now()))
    return cause


def give_tickets(uow: UnitOfWork, cause_id: str, ticket_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Say of several tickets that this is their cause; returns what became of each. Raises NotFound for the cause alone."""
    cause = uow.get(Cause, cause_id)
    wanted = uow.select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id)
    reached = {ticket.id: ticket for ticket in uow.session.scalars(wanted.with_for_update(of=Ticket))}
    return [_given(uow, cause, ticket_id, reached.get(ticket_id)) for ticket_id in dict.fromkeys(ticket_ids)]


def _given(uow: UnitOfWork, cause: Cause, ticket_id: str, ticket: Ticket | None) -> dict[str, Any]:
    if ticket is None:
        return {"ticket_id": ticket_id, "no": None, "status": 404, "code": "not_found"}
    before, more = snapshot(ticket), cause_change(uow, ticket, cause.id)
    try:
        facts = ticket.edit({"cause_id": cause.id}, at=uow.now())
    except RuleBroken as refusal:
        return {"ticket_id": ticket_id, "no": ticket.no, "status": refusal.status, "code": refusal.code}
    if facts:
        record(uow, ticket, "updated", before, more=more)
        uow.publish(facts)
    return {"ticket_id": ticket_id, "no": ticket.no, "status": 200, "code": "changed" if facts else "unchanged"}


def fix_cause(uow: UnitOfWork, cause_id: str, solution: str, *, version: int, language: str) -> Moved:
    """Fix a cause: every open ticket of it that the caller reaches is completed with the solution.

    Up to AT_ONCE of them in this transaction, the rest by a job. Raises NotFound, StaleRecord.
    """
    cause = uow.for_update(Cause, cause_id, version)
    [counts] = counted(uow, [cause])
    by, at = uow.caller.id, uow.now()
    uow.publish(cause.fix(solution, by=by, at=at, tickets=counts.open, outside=counts.outside))
    return _move(uow, cause, "fix", {"fix_id": cause.fix_id}, counts.open, language)


def reopen_cause(uow: UnitOfWork, cause_id: str, reason: str, *, version: int) -> Cause:
    """Open a fixed cause again, and nothing else. Raises NotFound, StaleRecord, CauseNotFixed."""
    cause = uow.for_update(Cause, cause_id, version)
    uow.publish(cause.reopen(reason, at=uow.now()))
    return cause


def unfix_cause(uow: UnitOfWork, cause_id: str, reason: str, *, version: int, language: str) -> Moved:
    """Take a fix back: what it completed and the caller reaches is reopened, unless it was reopened since.

    Raises NotFound, StaleRecord, CauseNotFixed, TooLateToUnfix.
    """
    cause = uow.for_update(Cause, cause_id, version)
    fix_id = cause.fix_id
    count = how_many(uow, completed_by(uow, cause.id, fix_id)) if fix_id else 0
    uow.publish(cause.unfix(reason, at=uow.now(), tickets=count))
    return _move(uow, cause, "unfix", {"fix_id": fix_id, "reason": reason}, count, language)


def _move(uow: UnitOfWork, cause: Cause, way: str, given: Mapping[str, Any], count: int, language: str) -> Moved:
    """Take the first tickets the way of their cause, and leave the rest to a job."""
    parameters = {"cause_id": cause.id, "way": way, **given}
    moved = WAYS[way](uow, cause, parameters)
    left = count - moved if moved == AT_ONCE else 0
    job_id = store.add_job(uow, KIND.name, parameters, language=language) if left > 0 else None
    return Moved(cause, moved, max(left, 0), job_id)


def _fix_some(uow: UnitOfWork, cause: Cause, given: Mapping[str, Any]) -> int:
    """Complete some tickets with the cause; 0 where none is left, or the cause is not fixed any more."""
    if cause.fix_id != given["fix_id"]:
        return 0

    def rule(ticket: Ticket) -> list[TicketFact]:
        facts = ticket.complete_with_cause(cause.solution, given["fix_id"], at=uow.now())
        ask_about(uow, ticket)
        return facts

    return _each(uow, open_tickets(uow, cause.id), "cause_fixed", rule, cause.title)


def _unfix_some(uow: UnitOfWork, cause: Cause, given: Mapping[str, Any]) -> int:
    """Reopen some tickets that this fix completed; 0 where none is left."""

    def rule(ticket: Ticket) -> list[TicketFact]:
        keep = still_here(uow, ticket.assignee_id)
        return ticket.reopen(given["reason"], at=uow.now(), keep=keep, terms=terms(uow))

    return _each(uow, completed_by(uow, cause.id, given["fix_id"]), "reopened", rule, given["reason"])


def _each(
    uow: UnitOfWork,
    tickets: Select[tuple[Ticket]],
    kind: str,
    rule: Callable[[Ticket], list[TicketFact]],
    reason: str,
) -> int:
    locked = uow.session.scalars(tickets.order_by(Ticket.id).limit(AT_ONCE).with_for_update(of=Ticket)).all()
    for ticket in locked:
        ring(uow, ticket)
        before = snapshot(ticket)
        facts = rule(ticket)
        record(uow, ticket, kind, before, reason=reason)
        uow.publish(facts)
    return len(locked)


WAYS: dict[str, Callable[[UnitOfWork, Cause, Mapping[str, Any]], int]] = {"fix": _fix_some, "unfix": _unfix_some}


def move_the_rest(job: Run) -> dict[str, Any]:
    """What a fix or its undoing left to do, a portion at a time; the cause is locked first, as by whoever fixes it."""
    given = job.job.parameters
    with job.reading().session as session:
        work = job.runtime.work(job.caller, session=session)
        ways = {"fix": open_tickets(work, given["cause_id"])}
        ways["unfix"] = completed_by(work, given["cause_id"], given["fix_id"])
        left = how_many(work, ways[given["way"]])
    job.total(job.done + left)
    while True:
        with job.step() as work:
            moved = WAYS[given["way"]](work, work.locked(Cause, given["cause_id"]), given)
            job.done += moved
        if not moved:
            return {"rows": job.done}


KIND = JobKind("causes.move", ACTION, move_the_rest)
