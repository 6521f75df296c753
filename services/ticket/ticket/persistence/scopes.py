"""Which tickets, hand-overs, sessions and players a caller reaches; compiled into the SQL of every read and write."""

from sqlalchemy import ColumnElement, and_, exists, false, or_, select

from chassis.callers import Caller
from chassis.data.copies import players_reached, players_within, within_scope
from chassis.data.unit_of_work import company_wide
from ticket.domain.article import Article
from ticket.domain.cause import Cause
from ticket.domain.copies import PlayerCopy, StaffCopy
from ticket.domain.deadline_policy import BusinessCalendar, DeadlinePolicy
from ticket.domain.message import Message
from ticket.domain.review import Review
from ticket.domain.sampling_rule import SamplingRule
from ticket.domain.scorecard import Scorecard
from ticket.domain.sensitive_word import SensitiveWord
from ticket.domain.session import ServiceSession
from ticket.domain.survey import Survey
from ticket.domain.ticket import Ticket
from ticket.domain.transfer import Transfer


def tickets_of(caller: Caller) -> ColumnElement[bool]:
    """One's own: assigned to me, written by me, or my player's; a department's likewise, and what lies in its queue."""
    reached = within_scope(caller, StaffCopy)
    players = players_reached(caller, PlayerCopy, StaffCopy)
    queue = Ticket.department_id.in_(caller.scope.departments) if caller.scope.departments else false()
    mine = Ticket.created_by == caller.id
    return or_(reached(Ticket.assignee_id), mine, Ticket.player_id.in_(players), queue)


def transfers_of(caller: Caller) -> ColumnElement[bool]:
    """Those of the tickets one reaches."""
    return Transfer.ticket_id.in_(select(Ticket.id).where(tickets_of(caller)))


def sessions_of(caller: Caller) -> ColumnElement[bool]:
    """One's own: served by me, opened by me, or my player's; a department's likewise, and what lies in its queue.

    What came in for nobody is seen by whoever sees a department, so that it is given to somebody.
    """
    reached = within_scope(caller, StaffCopy)
    players = players_reached(caller, PlayerCopy, StaffCopy)
    found = [
        reached(ServiceSession.agent_id),
        ServiceSession.created_by == caller.id,
        ServiceSession.player_id.in_(players),
    ]
    if caller.scope.departments:
        someones = exists().where(PlayerCopy.id == ServiceSession.player_id, PlayerCopy.agent_id.is_not(None))
        nobodys = and_(ServiceSession.agent_id.is_(None), ServiceSession.department_id.is_(None), ~someones)
        found += [ServiceSession.department_id.in_(caller.scope.departments), nobodys]
    return or_(*found)


def messages_of(caller: Caller) -> ColumnElement[bool]:
    """Those of the sessions one reaches."""
    return Message.session_id.in_(select(ServiceSession.id).where(sessions_of(caller)))


def surveys_of(caller: Caller) -> ColumnElement[bool]:
    """Those of the tickets one reaches."""
    return Survey.ticket_id.in_(select(Ticket.id).where(tickets_of(caller)))


def reviews_of(caller: Caller) -> ColumnElement[bool]:
    """Those of one's own work; a department's likewise."""
    queue = Review.department_id.in_(caller.scope.departments) if caller.scope.departments else false()
    return or_(within_scope(caller, StaffCopy)(Review.agent_id), queue)


def players_of(caller: Caller) -> ColumnElement[bool]:
    """Players whose agent is reached; those without an agent are seen by whoever sees a department."""
    return players_within(caller, PlayerCopy, StaffCopy)


SCOPES = {
    Ticket: tickets_of,
    Transfer: transfers_of,
    Survey: surveys_of,
    PlayerCopy: players_of,
    ServiceSession: sessions_of,
    Message: messages_of,
    SensitiveWord: company_wide,
    Cause: company_wide,
    Article: company_wide,
    BusinessCalendar: company_wide,
    DeadlinePolicy: company_wide,
    Review: reviews_of,
    Scorecard: company_wide,
    SamplingRule: company_wide,
}
