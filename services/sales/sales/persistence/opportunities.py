"""Lists of opportunities, their board, and the history of one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select

from chassis.data.database import Instant
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from sales.domain.opportunity import Opportunity
from sales.domain.pool import Step
from sales.domain.touch import NEVER_SQL
from sales.persistence.projections import PEOPLE

_NEXT = func.coalesce(Opportunity.next_at, literal_column(NEVER_SQL, Instant), type_=Instant)
SORTS = {"created_at": Sort(Opportunity.created_at, "created_at"), "next_at": Sort(_NEXT, "next_key")}
STEPS_SHOWN = 200


def find_opportunities(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the opportunities the caller reaches, filtered as the query says."""
    statement = uow.select(Opportunity).where(*_filters(query))
    return paginate(uow.session, statement, sorts=SORTS, id_column=Opportunity.id, query=query)


def stage_totals(uow: UnitOfWork, query: Mapping[str, Any]) -> list[tuple[str, int, Decimal]]:
    """(stage, how many, what is expected of them) of the opportunities the caller reaches: the heads of the board."""
    counted = (Opportunity.stage, func.count(), func.coalesce(func.sum(Opportunity.amount), Decimal()))
    statement = select(*counted).where(uow.visible(Opportunity), *_filters(query)).group_by(Opportunity.stage)
    return [(stage, count, total) for stage, count, total in uow.session.execute(statement)]


def _filters(query: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    found = [
        getattr(Opportunity, name) == query[name] for name in ("owner_id", "pool_id", "lead_id") if query.get(name)
    ]
    if query.get("player_id"):
        found.append(PEOPLE.is_of(Opportunity.player_id, [query["player_id"]]))
    if query.get("stage"):
        found.append(Opportunity.stage.in_(query["stage"]))
    for name, column in (("in_pool", Opportunity.owner_id), ("open", Opportunity.closed_at)):
        if query.get(name) is not None:
            found.append(column.is_(None) if query[name] else column.is_not(None))
    if query.get("warned") is not None:
        found.append(Opportunity.back_at.is_not(None) if query["warned"] else Opportunity.back_at.is_(None))
    if query.get("next_at_lte"):
        found.append(Opportunity.next_at <= query["next_at_lte"])
    if query.get("created_at_gte"):
        found.append(Opportunity.created_at >= query["created_at_gte"])
    if query.get("created_at_lt"):
        found.append(Opportunity.created_at < query["created_at_lt"])
    return found


def steps_of(uow: UnitOfWork, kind: Any, record_id: str) -> Sequence[Step]:
    """What happened to a record the caller reaches, newest first. Raises NotFound."""
    uow.get(kind, record_id)
    query = select(Step).where(Step.record_id == record_id).order_by(Step.at.desc(), Step.id.desc())
    return uow.session.scalars(query.limit(STEPS_SHOWN)).all()
