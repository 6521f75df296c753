"""Reads of causes: the board, and how many tickets hang on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.search import tokens
from chassis.data.unit_of_work import UnitOfWork
from ticket.domain.cause import Cause
from ticket.domain.codes import DONE
from ticket.domain.ticket import Ticket

SORTS = {
    "created_at": Sort(Cause.created_at, "created_at"),
    "updated_at": Sort(Cause.updated_at, "updated_at"),
}


@dataclass(frozen=True)
class Counted:
    """A cause and its tickets that are not done: those the caller reaches, those outside, how many are late, the oldest."""

    cause: Cause
    open: int = 0
    outside: int = 0
    overdue: int = 0
    oldest_at: datetime | None = None


def find_causes(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of causes with their counts."""
    statement = uow.select(Cause)
    if query.get("state"):
        statement = statement.where(Cause.state.in_(query["state"]))
    if query.get("pack_no"):
        statement = statement.where(Cause.pack_no == query["pack_no"])
    words = list(tokens((query["q"],))) if query.get("q") else []
    statement = statement.where(Cause.words.contains(words)) if words else statement
    found = paginate(uow.session, statement, sorts=SORTS, id_column=Cause.id, query=query)
    return Page(counted(uow, found.items), found.next_cursor, found.total)


def counted(uow: UnitOfWork, causes: Sequence[Cause]) -> list[Counted]:
    """These causes with their counts, in one query for all of them."""
    reached, now = uow.visible(Ticket), uow.now()
    columns = (
        func.count().filter(reached),
        func.count().filter(~reached),
        func.count().filter(reached, Ticket.due_at < now),
        func.min(Ticket.created_at).filter(reached),
    )
    of_these = (Ticket.cause_id.in_([cause.id for cause in causes]), Ticket.status != DONE)
    rows = uow.session.execute(select(Ticket.cause_id, *columns).where(*of_these).group_by(Ticket.cause_id))
    counts = {cause_id: tuple(numbers) for cause_id, *numbers in rows}
    return [Counted(cause, *counts.get(cause.id, ())) for cause in causes]


def open_tickets(uow: UnitOfWork, cause_id: str) -> Select[tuple[Ticket]]:
    """The tickets of a cause that are not done, as far as the caller reaches them."""
    return uow.select(Ticket).where(Ticket.cause_id == cause_id, Ticket.status != DONE)


def completed_by(uow: UnitOfWork, cause_id: str, fix_id: str) -> Select[tuple[Ticket]]:
    """The tickets of a cause that this fix of it completed and that still are, as far as the caller reaches them."""
    done = (Ticket.cause_id == cause_id, Ticket.cause_fix_id == fix_id, Ticket.status == DONE)
    return uow.select(Ticket).where(*done, Ticket.merged_into_id.is_(None))


def how_many(uow: UnitOfWork, tickets: Select[tuple[Ticket]]) -> int:
    """How many these are."""
    ids = tickets.with_only_columns(literal(1), maintain_column_froms=True).order_by(None)
    return uow.session.scalar(select(func.count()).select_from(ids.subquery())) or 0
