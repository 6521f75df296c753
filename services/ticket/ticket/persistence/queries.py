"""Reads: the list of tickets, one player's summary, and the counters of one's own work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal, select, true, type_coerce

from chassis.data.database import Instant
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.people import of_players
from chassis.data.search import escaped_like, guess, tokens
from chassis.data.unit_of_work import Reach, UnitOfWork
from ticket.domain.codes import DONE, IN_PROGRESS, PENDING
from ticket.domain.ticket import Ticket, TicketChange
from ticket.persistence.projections import PEOPLE

SORTS = {
    "created_at": Sort(Ticket.created_at, "created_at"),
    "updated_at": Sort(Ticket.updated_at, "updated_at"),
    "due_at": Sort(Ticket.due_at, "due_at"),
}
# The same orders as expressions that no index has: what a search finds is sorted, and not looked for along the whole order.
SORTED_ANEW = {
    name: Sort(type_coerce(sort.column + timedelta(0), Instant), sort.attribute) for name, sort in SORTS.items()
}
# Tickets with the words searched for: of so many, the newest within reach are found soon along the order. Who reaches only
# their own walks further for them.
COMMON, COMMON_TO_ONE = 1000, 20_000
SOON = timedelta(minutes=30)
_EQUAL = ("assignee_id", "line", "department_id", "cause_id", "merged_into_id", "session_id", "waiting")
_ONE_OF = ("status", "category", "priority")


def find_tickets(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the tickets the caller reaches, filtered as the query says."""
    statement = uow.select(Ticket)
    for condition in _conditions(query, uow.now()):
        statement = statement.where(condition)
    if query.get("phone"):
        statement = statement.where(PEOPLE.is_of(Ticket.player_id, _with_this_phone(uow)))
    sorts = SORTED_ANEW if _found_by_words(uow, query.get("q")) else SORTS
    return paginate(uow.session, statement, sorts=sorts, id_column=Ticket.id, query=query)


def _found_by_words(uow: UnitOfWork, q: str | None) -> bool:
    """Whether to find by words first and to sort then.

    PostgreSQL takes a word it has no statistics of for one in a thousand, and walks along the whole order of time for it.
    """
    words = _words_of(q)
    if not words:
        return False
    common = COMMON_TO_ONE if uow.caller.scope.kind == "self" else COMMON
    some = select(literal(1)).where(Ticket.words.contains(words)).limit(common)
    return (uow.session.scalar(select(func.count()).select_from(some.subquery())) or 0) < common


def _words_of(q: str | None) -> list[str]:
    """The words of a search; none where it is a ticket number."""
    return [] if not q or guess(q) == "ticket_no" else list(tokens((q,)))


def _with_this_phone(uow: UnitOfWork) -> list[str]:
    """The players the gateway found for the number in the query; none where it found nobody."""
    return [player["id"] for player in uow.caller.references.get("player_by_phone", ())]


def _conditions(query: Mapping[str, Any], now: datetime) -> list[ColumnElement[bool]]:
    found = [getattr(Ticket, name) == query[name] for name in _EQUAL if query.get(name) is not None]
    found += [getattr(Ticket, name).in_(query[name]) for name in _ONE_OF if query.get(name)]
    if query.get("player_id"):
        found.append(PEOPLE.is_of(Ticket.player_id, [query["player_id"]]))
    if query.get("wechat_id"):
        found.append(PEOPLE.is_of_handle(Ticket.player_id, query["wechat_id"]))
    if query.get("overdue") is not None:
        late = and_(Ticket.status != DONE, Ticket.due_at < now)
        found.append(late if query["overdue"] else ~late)
    found += [and_(Ticket.status != DONE, Ticket.due_at < query["due_before"])] if query.get("due_before") else []
    if query.get("q"):
        found.append(_text_condition(query["q"]))
    found += [Ticket.created_at >= query["created_at_gte"]] if query.get("created_at_gte") else []
    found += [Ticket.created_at < query["created_at_lt"]] if query.get("created_at_lt") else []
    return found


def _text_condition(q: str) -> ColumnElement[bool]:
    """A ticket number as far as it is typed, or words of the question and the solution."""
    if guess(q) == "ticket_no":
        return Ticket.no.like(escaped_like(q.upper()) + "%")
    words = _words_of(q)
    return Ticket.words.contains(words) if words else true()


def timeline(uow: UnitOfWork, ticket_id: str) -> list[tuple[TicketChange, str]]:
    """Every change of a ticket and of those merged into it, oldest first: (change, number of its ticket). Raises NotFound.

    That a ticket was written is known from the ticket itself.
    """
    tickets = {ticket.id: ticket for ticket in (uow.get(Ticket, ticket_id), *_merged(uow, ticket_id))}
    query = select(TicketChange).where(TicketChange.ticket_id.in_(tickets))
    changes = [*(ticket.written() for ticket in tickets.values()), *uow.session.scalars(query)]
    changes.sort(key=lambda change: (change.at, change.id))
    return [(change, tickets[change.ticket_id].no) for change in changes]


def _merged(uow: UnitOfWork, ticket_id: str) -> Sequence[Ticket]:
    """The tickets that were merged into this one, and into those, as far as the caller reaches them."""
    inner = select(Ticket.id).where(Ticket.merged_into_id == ticket_id).cte(recursive=True)
    inner = inner.union(select(Ticket.id).where(Ticket.merged_into_id == inner.c.id))
    return uow.session.scalars(uow.select(Ticket).where(Ticket.id.in_(select(inner.c.id)))).all()


def summary(uow: UnitOfWork, query: Mapping[str, Any]) -> dict[str, Any]:
    """What the home page shows of one player: newest tickets with the open ones first, counts, and what to mind."""
    by_id = query.get("player_id")
    player, players = PEOPLE.by_id(uow, by_id) if by_id else PEOPLE.by_handle(uow, query["wechat_id"])
    items = list(uow.session.scalars(uow.kept(_newest), {"players": players}))
    counted = uow.session.execute(uow.kept(_counts), {"players": players, "now": uow.now()}).one()
    return {
        "player_id": player.id,
        "items": items,
        "counts": dict(zip(("pending", "in_progress", "done", "overdue"), counted, strict=True)),
        "guards": [guard for ticket in items if (guard := _guard(ticket, uow.now()))],
    }


def _newest(visible: Reach) -> Select[tuple[Ticket]]:
    """One player's tickets, the open ones first."""
    open_first = case((Ticket.status == DONE, 1), else_=0)
    newest = (open_first, Ticket.created_at.desc(), Ticket.id.desc())
    return select(Ticket).where(of_players(Ticket.player_id), visible(Ticket)).order_by(*newest).limit(10)


def _guard(ticket: Ticket, now: datetime) -> dict[str, Any] | None:
    """Why one should not sell just now: an open complaint, or an answer that is overdue."""
    if ticket.status == DONE:
        return None
    if ticket.is_overdue(now):
        return {"code": "overdue_ticket", "ticket_id": ticket.id, "ticket_no": ticket.no, "since": ticket.due_at}
    if ticket.category == "complaint":
        return {"code": "open_complaint", "ticket_id": ticket.id, "ticket_no": ticket.no, "since": ticket.created_at}
    return None


def _counts(visible: Reach) -> Select[tuple[int, int, int, int]]:
    """How many of one player's tickets are pending, in progress, done, overdue."""
    counted = (
        func.count().filter(Ticket.status == PENDING),
        func.count().filter(Ticket.status == IN_PROGRESS),
        func.count().filter(Ticket.status == DONE),
        func.count().filter(Ticket.status != DONE, Ticket.due_at < bindparam("now", type_=Instant)),
    )
    return select(*counted).select_from(Ticket).where(of_players(Ticket.player_id), visible(Ticket))


def counters(uow: UnitOfWork, zone: str) -> dict[str, int]:
    """The caller's own open work, and what was completed since the studio's day began."""
    now = uow.now()
    mine = Ticket.assignee_id == uow.caller.id
    unfinished = (
        func.count().filter(Ticket.status == PENDING),
        func.count().filter(Ticket.status == IN_PROGRESS),
        func.count().filter(Ticket.due_at < now),
        func.count().filter(Ticket.due_at.between(now, now + SOON)),
    )
    row = uow.session.execute(select(*unfinished).where(mine, Ticket.status != DONE)).one()
    today = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    answered = (Ticket.status == DONE, Ticket.completed_at >= today, Ticket.merged_into_id.is_(None))
    finished = select(func.count()).where(mine, *answered)
    names = ("pending", "in_progress", "overdue", "overdue_soon")
    return {**dict(zip(names, row, strict=True)), "done_today": uow.session.scalar(finished) or 0}
