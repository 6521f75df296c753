"""Which pool and which rule somebody is under, who has how many, and how many were claimed today."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from chassis.data.unit_of_work import UnitOfWork
from sales.domain.copies import StaffCopy
from sales.domain.days import day_start
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
