"""Open tickets of a leaver are handed over; the timeline of each says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select

from chassis.data.unit_of_work import UnitOfWork
from chassis.jobs.handover import Belongings, handover
from ticket.application.tickets import record, snapshot
from ticket.domain.copies import StaffCopy
from ticket.domain.ticket import DONE, Ticket
from ticket.persistence.deadlines import terms


def _count(uow: UnitOfWork, staff_id: str) -> int:
    query = select(func.count()).where(Ticket.assignee_id == staff_id, Ticket.status != DONE)
    return uow.session.scalar(query) or 0


def _loads(uow: UnitOfWork, staff_ids: list[str]) -> Mapping[str, int]:
    mine = (Ticket.assignee_id.in_(staff_ids), Ticket.status != DONE)
    found = uow.session.execute(select(Ticket.assignee_id, func.count()).where(*mine).group_by(Ticket.assignee_id))
    return {staff_id: count for staff_id, count in found if staff_id}


def _step(uow: UnitOfWork, given: Mapping[str, Any], receiver: Callable[[], str | None], limit: int) -> int:
    """Give up to `limit` open tickets to others; what nobody takes waits in its department."""
    theirs = select(Ticket).where(Ticket.assignee_id == given["from_id"], Ticket.status != DONE)
    tickets = uow.session.scalars(theirs.order_by(Ticket.id).limit(limit).with_for_update(of=Ticket)).all()
    for ticket in tickets:
        before, staff_id = snapshot(ticket), receiver()
        staff = uow.session.get(StaffCopy, staff_id) if staff_id else None
        department = staff.department_id if staff is not None else ticket.department_id
        facts = ticket.edit({"assignee_id": staff_id, "department_id": department}, at=uow.now(), terms=terms(uow))
        record(uow, ticket, "handed_over", before, reason=f"离职交接：{given['no']}")
        uow.publish(facts)
    return len(tickets)


SUBSCRIPTION, HANDOVER = handover("tickets.handover", StaffCopy, Belongings(_count, _loads, _step))
