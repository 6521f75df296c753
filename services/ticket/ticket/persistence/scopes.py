"""Which tickets, hand-overs and players a caller reaches; compiled into the SQL of every read and write."""

from sqlalchemy import ColumnElement, false, or_, select

from chassis.callers import Caller
from chassis.data.copies import players_reached, players_within, within_scope
from chassis.data.unit_of_work import company_wide
from ticket.domain.article import Article
from ticket.domain.cause import Cause
from ticket.domain.copies import PlayerCopy, StaffCopy
from ticket.domain.review import Review
from ticket.domain.sampling_rule import SamplingRule
from ticket.domain.scorecard import Scorecard
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
    Cause: company_wide,
    Article: company_wide,
    Review: reviews_of,
    Scorecard: company_wide,
    SamplingRule: company_wide,
}
