"""Which pool and which rule somebody is under, who has how many, and how many were claimed today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select

from chassis.data.pagination import Page, Sort, paginate
from chassis.data.unit_of_work import UnitOfWork
from sales.domain.circulation import Circulation
from sales.domain.copies import StaffCopy
from sales.domain.days import day_start
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity
from sales.domain.pool import COMPANY_POOL, Pool, PoolRule, Step
from sales.domain.pool_codes import CLAIMED


def pool_of(uow: UnitOfWork, staff_id: str | None) -> str:
    """The ID of the pool of somebody's department, else of the company's."""
    theirs = select(Pool.id).join(StaffCopy, StaffCopy.department_id == Pool.department_id)
    found = uow.session.scalar(theirs.where(StaffCopy.id == staff_id)) if staff_id else None
    return found or COMPANY_POOL


def rule_of(uow: UnitOfWork, pool_id: str, kind: str) -> PoolRule | None:
    """The rule of a pool for leads or for opportunities; None where there is none."""
    return uow.session.scalar(select(PoolRule).where(PoolRule.pool_id == pool_id, PoolRule.kind == kind))


def under(pool: Pool, owner: Any) -> ColumnElement[bool]:
    """Whether this owner is under the rules of this pool: by department; the company's is for whoever has no other."""
    if pool.department_id is not None:
        of_department = select(StaffCopy.id).where(StaffCopy.department_id == pool.department_id)
        return owner.in_(of_department)
    own = select(Pool.department_id).where(Pool.department_id.is_not(None))
    elsewhere = select(StaffCopy.id).where(StaffCopy.department_id.in_(own))
    return owner.is_not(None) & owner.not_in(elsewhere)


def held(uow: UnitOfWork, kind: Any, staff_id: str) -> int:
    """How many open records of this kind somebody has."""
    return uow.session.scalar(select(func.count()).where(kind.owner_id == staff_id, kind.closed_at.is_(None))) or 0


def claimed_today(uow: UnitOfWork, kind: str, staff_id: str, zone: str) -> int:
    """How many of this kind somebody has claimed since the studio's midnight."""
    since = day_start(uow.now(), zone)
    mine = (Step.by == staff_id, Step.how == CLAIMED, Step.at >= since, Step.kind == kind)
    return uow.session.scalar(select(func.count()).where(*mine)) or 0


def find_pools(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the pools the caller sees."""
    return paginate(uow.session, uow.select(Pool), sorts=_sorts(Pool), id_column=Pool.id, query=query)


def find_rules(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of the rules of these pools."""
    statement = uow.select(PoolRule)
    if query.get("pool_id"):
        statement = statement.where(PoolRule.pool_id == query["pool_id"])
    return paginate(uow.session, statement, sorts=_sorts(PoolRule), id_column=PoolRule.id, query=query)


def find_runs(uow: UnitOfWork, pool_id: str, query: Mapping[str, Any]) -> Page:
    """One page of the runs over a pool."""
    statement = uow.select(Circulation).where(Circulation.pool_id == pool_id)
    return paginate(uow.session, statement, sorts=_sorts(Circulation), id_column=Circulation.id, query=query)


def standing(uow: UnitOfWork, zone: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """(the caller's pool, {kind: how many they have, how many they claimed today, and the limits})."""
    me = uow.caller.id
    pool_id = pool_of(uow, me)
    found = {
        kind: {
            "held": held(uow, model, me),
            "claimed_today": claimed_today(uow, kind, me, zone),
            "rule": rule_of(uow, pool_id, kind),
        }
        for kind, model in (("lead", Lead), ("opportunity", Opportunity))
    }
    return pool_id, found


def _sorts(kind: Any) -> dict[str, Sort]:
    return {"created_at": Sort(kind.created_at, "created_at")}
