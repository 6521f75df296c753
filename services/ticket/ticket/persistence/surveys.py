"""Reads of surveys: the list, and the figures per agent or department, each of which opens the rows it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from ticket.domain.survey import ANSWERED, GOOD, SENT, Survey
from ticket.persistence.projections import PEOPLE

SORTS = {"created_at": Sort(Survey.created_at, "created_at"), "updated_at": Sort(Survey.updated_at, "updated_at")}
GROUPS = {"agent": Survey.agent_id, "department": Survey.department_id}
_EQUAL = ("agent_id", "department_id", "ticket_id")
_ONE_OF = ("state", "score", "follow_up")


def find_surveys(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the surveys the caller reaches, filtered as the query says."""
    statement = uow.select(Survey).where(*_conditions(query))
    return paginate(uow.session, statement, sorts=SORTS, id_column=Survey.id, query=query)


def figures(uow: UnitOfWork, query: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """Of the surveys made in a span, per agent or department: (key, made, sent, answered, sum of scores, good), most first."""
    answered = Survey.state == ANSWERED
    columns = (
        func.count().label("made"),
        func.count().filter(Survey.state.in_((SENT, ANSWERED))).label("sent"),
        func.count().filter(answered).label("answered"),
        func.coalesce(func.sum(Survey.score), 0).label("points"),
        func.count().filter(answered, Survey.score >= GOOD).label("good"),
    )
    key = GROUPS[query["group_by"]].label("key")
    counted = select(key, *columns).where(uow.visible(Survey), *_conditions(query)).group_by(key)
    return uow.session.execute(counted.order_by(func.count().desc(), key)).all()


def _conditions(query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [getattr(Survey, name) == query[name] for name in _EQUAL if query.get(name) is not None]
    found += [getattr(Survey, name).in_(query[name]) for name in _ONE_OF if query.get(name)]
    if query.get("player_id"):
        found.append(PEOPLE.is_of(Survey.player_id, [query["player_id"]]))
    found += [Survey.created_at >= query["created_at_gte"]] if query.get("created_at_gte") else []
    found += [Survey.created_at < query["created_at_lt"]] if query.get("created_at_lt") else []
    return found
