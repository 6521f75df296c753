"""Lists of leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.phones import Phones
from chassis.data.search import escaped_like
from chassis.data.unit_of_work import UnitOfWork
from sales.domain.lead import Lead
from sales.persistence.projections import PEOPLE

SORTS = {"created_at": Sort(Lead.created_at, "created_at")}
_EQUAL = ("owner_id", "pool_id", "campaign_id")


def find_leads(uow: UnitOfWork, query: Mapping[str, Any], *, phones: Phones) -> Page:
    """One page of the leads the caller reaches, filtered as the query says."""
    statement = uow.select(Lead).where(*_filters(query, phones))
    return paginate(uow.session, statement, sorts=SORTS, id_column=Lead.id, query=query)


def _filters(query: Mapping[str, Any], phones: Phones) -> list[ColumnElement[bool]]:
    found = [getattr(Lead, name) == query[name] for name in _EQUAL if query.get(name)]
    found += [getattr(Lead, name).in_(query[name]) for name in ("state", "source") if query.get(name)]
    if query.get("player_id"):
        found.append(PEOPLE.is_of(Lead.player_id, [query["player_id"]]))
    if query.get("phone"):
        found.append(Lead.phone_index.in_(phones.indexes(query["phone"])))
    if query.get("wechat_id"):
        found.append(Lead.wechat_key == query["wechat_id"].casefold())
    if query.get("q"):
        found.append(Lead.name.like(f"%{escaped_like(query['q'])}%", escape="\\"))
    for name, column in (("in_pool", Lead.owner_id), ("open", Lead.closed_at)):
        if query.get(name) is not None:
            found.append(column.is_(None) if query[name] else column.is_not(None))
    if query.get("warned") is not None:
        found.append(Lead.back_at.is_not(None) if query["warned"] else Lead.back_at.is_(None))
    return found
