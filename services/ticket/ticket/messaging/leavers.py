"""Open tickets and sessions of a leaver are handed over; the timeline of each ticket says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select

from chassis.data.unit_of_work import UnitOfWork
from chassis.jobs.handover import Belongings, handover
from ticket.application.tickets import record, snapshot
from ticket.domain.codes import OPEN
from ticket.domain.copies import StaffCopy
from ticket.domain.session import ServiceSession
from ticket.domain.ticket import DONE, Ticket
from ticket.persistence.deadlines import terms


def _count(uow: UnitOfWork, staff_id: str) -> int:
    tickets = select(func.count()).where(Ticket.assignee_id == staff_id, Ticket.status != DONE)
    sessions = select(func.count()).where(ServiceSession.agent_id == staff_id, ServiceSession.state == OPEN)
    return (uow.session.scalar(tickets) or 0) + (uow.session.scalar(sessions) or 0)


def _loads(uow: UnitOfWork, staff_ids: list[str]) -> Mapping[str, int]:
    mine = (Ticket.assignee_id.in_(staff_ids), Ticket.status != DONE)
    found = uow.session.execute(select(Ticket.assignee_id, func.count()).where(*mine).group_by(Ticket.assignee_id))
    return {staff_id: count for staff_id, count in found if staff_id}


def _step(uow: UnitOfWork, given: Mapping[str, Any], receiver: Callable[[], str | None], limit: int) -> int:
    """Give up to `limit` open tickets to others, or sessions where no ticket is left."""
    return _tickets(uow, given, receiver, limit) or _sessions(uow, given, receiver, limit)


def _tickets(uow: UnitOfWork, given: Mapping[str, Any], receiver: Callable[[], str | None], limit: int) -> int:
    """What nobody takes waits in its department."""
    theirs = select(Ticket).where(Ticket.assignee_id == given["from_id"], Ticket.status != DONE)
    tickets = uow.session.scalars(theirs.order_by(Ticket.id).limit(limit).with_for_update(of=Ticket)).all()
    for ticket in tickets:
        before, staff_id = snapshot(ticket), receiver()
        department = _department(uow, staff_id, ticket.department_id)
        facts = ticket.edit({"assignee_id": staff_id, "department_id": department}, at=uow.now(), terms=terms(uow))
        record(uow, ticket, "handed_over", before, reason=f"离职交接：{given['no']}")
        uow.publish(facts)
    return len(tickets)


def _sessions(uow: UnitOfWork, given: Mapping[str, Any], receiver: Callable[[], str | None], limit: int) -> int:
    """The same for sessions that are going on; who answered in them before is in their messages."""
    theirs = select(ServiceSession).where(ServiceSession.agent_id == given["from_id"], ServiceSession.state == OPEN)
    sessions = uow.session.scalars(
        theirs.order_by(ServiceSession.id).limit(limit).with_for_update(of=ServiceSession)
    ).all()
    for session in sessions:
        staff_id = receiver()
        department = _department(uow, staff_id, session.department_id)
        uow.publish(session.edit({"agent_id": staff_id, "department_id": department}, at=uow.now()))
    return len(sessions)


def _department(uow: UnitOfWork, staff_id: str | None, otherwise: str | None) -> str | None:
    staff = uow.session.get(StaffCopy, staff_id) if staff_id else None
    return staff.department_id if staff is not None else otherwise


SUBSCRIPTION, HANDOVER = handover("tickets.handover", StaffCopy, Belongings(_count, _loads, _step))
