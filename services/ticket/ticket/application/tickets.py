"""What is done with a ticket: write, edit, start, complete, reopen; every step is on its timeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from chassis.clock import new_id, rfc3339
from chassis.data.copies import must_be_in_service
from chassis.data.numbers import daily_number
from chassis.data.unit_of_work import UnitOfWork
from chassis.rules import NotFound
from ticket.application.deadlines import ring
from ticket.application.surveys import ask_about
from ticket.domain.cause import Cause
from ticket.domain.copies import PlayerCopy, StaffCopy
from ticket.domain.events import TicketFact
from ticket.domain.session import ServiceSession
from ticket.domain.ticket import Ticket, TicketChange
from ticket.persistence.deadlines import terms

_TRACKED = (
    "question", "solution", "category", "priority", "status", "waiting", "line", "assignee_id", "department_id", "due_at",
    "first_response_due_at",
)  # fmt: skip


def create_ticket(uow: UnitOfWork, fields: Mapping[str, Any], *, timezone: str) -> Ticket:
    """Write a ticket for a player the caller reaches; it is the caller's own unless said otherwise. Raises NotFound."""
    player = uow.get(PlayerCopy, fields["player_id"])
    if player.deleted:
        raise NotFound()
    if fields.get("session_id"):
        uow.get(ServiceSession, fields["session_id"])
    no = daily_number(uow.session, "T", uow.now(), timezone)
    ticket = Ticket(id=new_id(), version=1, no=no, created_by=uow.caller.id, **_with_defaults(uow, fields))
    ticket.player = player
    facts = ticket.open(uow.now(), terms(uow))
    uow.add(ticket)
    uow.publish(facts)
    return ticket


def _with_defaults(uow: UnitOfWork, fields: Mapping[str, Any]) -> dict[str, Any]:
    assignee = fields.get("assignee_id") or uow.caller.staff_id
    defaults = {"solution": "", "category": "other", "priority": "normal", "status": "pending", "waiting": False}
    given = {name: value for name, value in fields.items() if value is not None}
    department = uow.caller.department_id if assignee == uow.caller.id else department_of(uow, assignee)
    return {**defaults, "line": 1, "reopen_count": 0, **given, "assignee_id": assignee, "department_id": department}


def department_of(uow: UnitOfWork, staff_id: str | None) -> str | None:
    """The department of a member of staff. Raises NotFound where there is none such, StaffHasLeft."""
    if staff_id is None:
        return None
    staff = uow.session.get(StaffCopy, staff_id)
    must_be_in_service(staff)
    return staff.department_id  # type: ignore[union-attr]


def edit_ticket(uow: UnitOfWork, ticket_id: str, fields: Mapping[str, Any], *, version: int) -> Ticket:
    """Change some fields of a ticket. Raises NotFound, StaleRecord, SolutionMissing."""
    ticket = uow.for_update(Ticket, ticket_id, version)
    values = dict(fields)
    if values.get("assignee_id"):
        values["department_id"] = department_of(uow, values["assignee_id"])
    more = cause_change(uow, ticket, values["cause_id"]) if "cause_id" in values else {}
    agreed = terms(uow)
    return _changed(uow, ticket, "updated", lambda found: found.edit(values, at=uow.now(), terms=agreed), more=more)


def cause_change(uow: UnitOfWork, ticket: Ticket, cause_id: str | None) -> dict[str, Any]:
    """How the timeline tells that the ticket gets this cause: by titles. Raises NotFound where there is no such cause."""
    titles = [uow.get(Cause, one).title if one else None for one in (ticket.cause_id, cause_id)]
    return {"cause": {"before": titles[0], "after": titles[1]}} if cause_id != ticket.cause_id else {}


def start_ticket(uow: UnitOfWork, ticket_id: str, *, version: int) -> Ticket:
    """Begin work on a ticket. Raises NotFound, StaleRecord, NotPending."""
    by = uow.caller.staff_id
    return _change(uow, ticket_id, version, "started", lambda ticket: ticket.start(by=by, at=uow.now()))


def complete_ticket(uow: UnitOfWork, ticket_id: str, solution: str | None, *, version: int) -> Ticket:
    """Complete a ticket. Raises NotFound, StaleRecord, SolutionMissing, NotInProgress."""
    ticket = _change(uow, ticket_id, version, "completed", lambda found: found.complete(solution, at=uow.now()))
    ask_about(uow, ticket)
    return ticket


def reopen_ticket(uow: UnitOfWork, ticket_id: str, reason: str, *, version: int) -> Ticket:
    """Open a completed ticket again. Raises NotFound, StaleRecord, NotDone."""

    def rule(ticket: Ticket) -> list[TicketFact]:
        return ticket.reopen(reason, at=uow.now(), keep=still_here(uow, ticket.assignee_id), terms=terms(uow))

    return _change(uow, ticket_id, version, "reopened", rule, reason=reason)


def still_here(uow: UnitOfWork, staff_id: str | None) -> bool:
    """False where it is known that this person has left: what comes back does not come back to them."""
    staff = uow.session.get(StaffCopy, staff_id) if staff_id else None
    return staff is None or staff.state == "in_service"


def _change(
    uow: UnitOfWork,
    ticket_id: str,
    version: int,
    kind: str,
    rule: Callable[[Ticket], list[TicketFact]],
    *,
    reason: str | None = None,
) -> Ticket:
    return _changed(uow, uow.for_update(Ticket, ticket_id, version), kind, rule, reason=reason)


def _changed(
    uow: UnitOfWork,
    ticket: Ticket,
    kind: str,
    rule: Callable[[Ticket], list[TicketFact]],
    *,
    reason: str | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Ticket:
    ring(uow, ticket)
    before = snapshot(ticket)
    facts = rule(ticket)
    if facts:
        record(uow, ticket, kind, before, reason=reason, more=more)
        uow.publish(facts)
    return ticket


def snapshot(ticket: Ticket) -> dict[str, Any]:
    """The tracked fields as they are now."""
    return {name: getattr(ticket, name) for name in _TRACKED}


def record(
    uow: UnitOfWork,
    ticket: Ticket,
    kind: str,
    before: Mapping[str, Any],
    *,
    reason: str | None = None,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Put one line on the timeline: what differs from `before`, and what `more` tells in the same form."""
    changes = {
        name: {"before": _plain(value), "after": _plain(getattr(ticket, name))}
        for name, value in before.items()
        if getattr(ticket, name) != value
    }
    uow.add(
        TicketChange(
            id=new_id(),
            ticket_id=ticket.id,
            at=uow.now(),
            kind=kind,
            actor_id=uow.caller.id,
            changes={**changes, **more},
            reason=reason,
        )
    )


def _plain(value: Any) -> Any:
    return rfc3339(value) if hasattr(value, "tzinfo") else value
