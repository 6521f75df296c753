"""What is done with the deadlines of tickets: told when they are due, by whoever comes first; worked out anew (T22, T23)."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update

from chassis.callers import service_itself
from chassis.clock import new_id, rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.service import Runtime
from ticket.domain.deadlines import FIRST_RESPONSE, Alarm
from ticket.domain.events import TicketFact, alarm_fact
from ticket.domain.ticket import Ticket, TicketChange
from ticket.persistence.deadlines import terms

AT_ONCE = 200  # tickets in one transaction
MERGING = ("merged", "unmerged")  # the clock of a ticket that is merged runs on, as if it had not been
IDLE = 0.5  # seconds between two looks for what is due
CLOCK = service_itself("ticket").id  # who says so on the timeline

_TICKETS: Any = Ticket.__table__
_RUNG = update(_TICKETS).where(_TICKETS.c.id == bindparam("ticket", type_=_TICKETS.c.id.type))


def ring(uow: UnitOfWork, ticket: Ticket) -> None:
    """Tell what is due of a locked ticket: before anything else happens to it, so that nothing that was missed is lost."""
    if ticket.next_alarm_at is not None and ticket.next_alarm_at <= uow.now():
        _tell(uow, ticket)


def ring_due(uow: UnitOfWork, most: int = AT_ONCE) -> int:
    """Tell what is due of up to so many tickets that nobody else holds just now; how many there were."""
    due = select(Ticket).where(Ticket.next_alarm_at <= uow.now()).order_by(Ticket.next_alarm_at, Ticket.id)
    found = uow.session.scalars(due.limit(most).with_for_update(of=Ticket, skip_locked=True)).all()
    rung = []
    for ticket in found:
        _tell(uow, ticket)
        uow.session.expunge(ticket)
        rung.append({"ticket": ticket.id, "told": ticket.told, "next_alarm_at": ticket.next_alarm_at})
    if rung:
        uow.session.execute(_RUNG, rung)  # at one go: a flush would make a journey for each
    return len(found)


def wind_unwound(uow: UnitOfWork, most: int = AT_ONCE) -> int:
    """Give deadlines to open tickets that have none: of before there were policies. What lies behind is not told."""
    unwound = select(Ticket).where(Ticket.policy_id.is_(None), text("status <> 'done'")).order_by(Ticket.id)
    found = uow.session.scalars(unwound.limit(most).with_for_update(of=Ticket, skip_locked=True)).all()
    agreed, moves = terms(uow), histories(uow, [ticket.id for ticket in found])
    for ticket in found:
        uow.publish(ticket.rewind(agreed, moves.get(ticket.id, ()), at=uow.now()))
        ticket.pass_over(uow.now())
    return len(found)


def histories(uow: UnitOfWork, ticket_ids: Iterable[str]) -> dict[str, list[tuple[datetime, str, str]]]:
    """Every change of status of these tickets, off their timelines: {id: [(at, before, after)]}, oldest first."""
    status = TicketChange.changes["status"]
    columns = (TicketChange.ticket_id, TicketChange.at, status["before"].astext, status["after"].astext)
    moved = select(*columns).where(TicketChange.ticket_id.in_(list(ticket_ids)), status.is_not(None))
    moved = moved.where(TicketChange.kind.not_in(MERGING))
    found: dict[str, list[tuple[datetime, str, str]]] = {}
    for ticket_id, at, before, after in uow.session.execute(moved.order_by(TicketChange.at, TicketChange.id)):
        found.setdefault(ticket_id, []).append((at, before, after))
    return found


def _tell(uow: UnitOfWork, ticket: Ticket) -> None:
    alarms = ticket.ring(uow.now())
    facts: list[TicketFact] = [alarm_fact(ticket, alarm, uow.now()) for alarm in alarms]
    uow.publish(facts)
    uow.session.add_all([_note(ticket, alarm, uow.now()) for alarm in alarms])


def _note(ticket: Ticket, alarm: Alarm, at: datetime) -> TicketChange:
    """The line on the timeline."""
    due = ticket.first_response_due_at if alarm.deadline == FIRST_RESPONSE else ticket.due_at
    told: dict[str, Any] = {"deadline": alarm.deadline, "deadline_at": rfc3339(due)}
    told |= {"level": alarm.level} if alarm.level else {}
    changes = {name: {"before": None, "after": value} for name, value in told.items()}
    kind = f"deadline_{alarm.step}"
    return TicketChange(id=new_id(), ticket_id=ticket.id, at=at, kind=kind, actor_id=CLOCK, changes=changes)


def run(runtime: Runtime, stop: threading.Event) -> None:
    """Tell what is due until `stop` is set; any number of workers may, and each ticket is told of by one of them."""
    while not stop.is_set():
        if _step(runtime, ring_due) < AT_ONCE and _step(runtime, wind_unwound) < AT_ONCE:
            stop.wait(IDLE)


def _step(runtime: Runtime, do: Any) -> int:
    """One transaction of it."""
    work = runtime.work()
    with work.session:
        count: int = do(work)
        facts = work.commit()
    if facts:
        runtime.hint.wake()
    return count
