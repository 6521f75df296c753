"""Once a day done tickets are drawn for review, as the rules say: however often it is done, the same ones (T35)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from chassis.data.unit_of_work import UnitOfWork
from chassis.ops.logging import log
from ticket.domain.codes import DONE
from ticket.domain.copies import StaffCopy
from ticket.domain.review import Review
from ticket.domain.sampling_rule import DoneTicket, SamplingRule, drawn
from ticket.domain.survey import LOW, Survey
from ticket.domain.ticket import Ticket

_WEEKS = 2  # this one and the last, which is drawn from once more when it is over


def draw_reviews(uow: UnitOfWork) -> None:
    """Put what the rules want of this week and the last among the reviews; run by a timer.

    One agent after the other, each by the index of what they have done.
    """
    rules = uow.session.scalars(select(SamplingRule).where(SamplingRule.active)).all()
    agents = uow.session.scalars(select(StaffCopy.id).order_by(StaffCopy.id)).all() if rules else ()
    count = sum(_draw_of(uow, agent, rules) for agent in agents)
    log.info("reviews drawn", agents=len(agents), reviews=count)


def _draw_of(uow: UnitOfWork, agent_id: str, rules: Sequence[SamplingRule]) -> int:
    zone = ZoneInfo(uow.settings.timezone)
    this_week = _monday(uow.now().astimezone(zone).date())
    weeks: dict[date, list[Ticket]] = defaultdict(list)
    for ticket in _done_since(uow, agent_id, this_week - timedelta(weeks=_WEEKS - 1), zone):
        assert ticket.completed_at is not None
        weeks[_monday(ticket.completed_at.astimezone(zone).date())].append(ticket)
    low = _scored_low(uow, [ticket.id for tickets in weeks.values() for ticket in tickets])
    count = 0
    for monday, tickets in weeks.items():
        done = [DoneTicket(one.id, one.department_id, one.reopen_count > 0, one.id in low) for one in tickets]
        count += _keep(uow, tickets, drawn(rules, done, complete=monday < this_week))
    return count


def _done_since(uow: UnitOfWork, agent_id: str, first: date, zone: ZoneInfo) -> Sequence[Ticket]:
    begins = (
        uow.now()
        .astimezone(zone)
        .replace(year=first.year, month=first.month, day=first.day, hour=0, minute=0, second=0, microsecond=0)
    )
    done = (Ticket.assignee_id == agent_id, Ticket.status == DONE, Ticket.completed_at >= begins)
    return uow.session.scalars(select(Ticket).where(*done, Ticket.merged_into_id.is_(None))).all()


def _scored_low(uow: UnitOfWork, ticket_ids: list[str]) -> set[str]:
    if not ticket_ids:
        return set()
    return set(
        uow.session.scalars(select(Survey.ticket_id).where(Survey.ticket_id.in_(ticket_ids), Survey.score <= LOW))
    )


def _keep(uow: UnitOfWork, tickets: Sequence[Ticket], why: dict[str, str]) -> int:
    """Put the drawn ones in; of those that are there already nothing changes."""
    columns = Review.__table__.columns.keys()
    blank = {
        "scorecard_name": "",
        "sections": [],
        "answers": [],
        "fatal": False,
        "comment": "",
        "appeal": "",
        "decision": "",
    }
    new = [
        blank
        | {name: value for name, value in vars(Review.of(one, why[one.id], at=uow.now())).items() if name in columns}
        for one in tickets
        if one.id in why
    ]
    if not new:
        return 0
    statement = insert(Review).values(new).on_conflict_do_nothing(index_elements=["ticket_id"]).returning(Review.id)
    return len(uow.session.execute(statement).all())


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
