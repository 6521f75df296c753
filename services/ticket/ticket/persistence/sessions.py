"""Reads of sessions: the list, what was said in one, and the list of sensitive words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.search import escaped_like
from chassis.data.unit_of_work import UnitOfWork
from ticket.domain.figures import Said
from ticket.domain.message import Message
from ticket.domain.sensitive_word import SensitiveWord
from ticket.domain.session import ServiceSession
from ticket.persistence.projections import PEOPLE

SORTS = {
    "opened_at": Sort(ServiceSession.opened_at, "opened_at"),
    "updated_at": Sort(ServiceSession.updated_at, "updated_at"),
}
MESSAGE_SORTS = {"at": Sort(Message.at, "at")}
WORD_SORTS = {"created_at": Sort(SensitiveWord.created_at, "created_at")}
_EQUAL = ("agent_id", "department_id", "order_id", "state")


def find_sessions(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the sessions the caller reaches, filtered as the query says."""
    statement = uow.select(ServiceSession).where(*_conditions(query))
    return paginate(uow.session, statement, sorts=SORTS, id_column=ServiceSession.id, query=query)


def _conditions(query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [getattr(ServiceSession, name) == query[name] for name in _EQUAL if query.get(name) is not None]
    found += [ServiceSession.channel.in_(query["channel"])] if query.get("channel") else []
    if query.get("player_id"):
        found.append(PEOPLE.is_of(ServiceSession.player_id, [query["player_id"]]))
    if query.get("wechat_id"):
        found.append(PEOPLE.is_of_handle(ServiceSession.player_id, query["wechat_id"]))
    if query.get("answered") is not None:
        found.append(
            ServiceSession.answered_at.is_not(None) if query["answered"] else ServiceSession.answered_at.is_(None)
        )
    if query.get("masked") is not None:
        found.append(ServiceSession.masked_messages > 0 if query["masked"] else ServiceSession.masked_messages == 0)
    found += [ServiceSession.no.like(escaped_like(query["q"].upper()) + "%")] if query.get("q") else []
    found += [ServiceSession.opened_at >= query["opened_at_gte"]] if query.get("opened_at_gte") else []
    found += [ServiceSession.opened_at < query["opened_at_lt"]] if query.get("opened_at_lt") else []
    return found


def find_messages(uow: UnitOfWork, session_id: str, query: Mapping[str, Any]) -> Page:
    """One page of what was said in a session, as everybody reads it. Raises NotFound."""
    uow.get(ServiceSession, session_id)
    statement = select(Message).where(Message.session_id == session_id)
    return paginate(uow.session, statement, sorts=MESSAGE_SORTS, id_column=Message.id, query=query)


def said_in(uow: UnitOfWork, session_id: str) -> list[Said]:
    """Who said something when, in no order; waiting changes are written first."""
    uow.session.flush()
    columns = select(Message.at, Message.author).where(Message.session_id == session_id)
    rows: list[tuple[datetime, str]] = list(uow.session.execute(columns).tuples())
    return [Said(at, author) for at, author in rows]


def find_words(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the list of sensitive words."""
    statement = uow.select(SensitiveWord)
    statement = statement.where(SensitiveWord.kind.in_(query["kind"])) if query.get("kind") else statement
    return paginate(uow.session, statement, sorts=WORD_SORTS, id_column=SensitiveWord.id, query=query)
