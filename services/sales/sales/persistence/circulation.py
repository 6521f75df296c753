"""Which records a rule may take back or warn of: found by the index on who worked on what when, judged by the rule itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from chassis.data.unit_of_work import UnitOfWork
from sales.domain.circulation import Circulation, CirculationLoss
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity
from sales.domain.pool import Pool, PoolRule
from sales.persistence.pools import under

KINDS_OF = {"lead": Lead, "opportunity": Opportunity}


def idle(uow: UnitOfWork, pool: Pool, rule: PoolRule, at: datetime, *, most: int, locked: bool) -> Sequence[Any]:
    """Up to `most` open records of the pool's people that go back by `at`, longest idle first."""
    kind: Any = KINDS_OF[rule.kind]
    if rule.idle_days is None:
        return []
    long_ago = kind.active_at <= at - timedelta(days=rule.idle_days)
    query = select(kind).where(
        kind.closed_at.is_(None), under(pool, kind.owner_id), long_ago, _goes_back(kind, rule) <= at
    )
    query = query.order_by(kind.active_at, kind.id).limit(most)
    return uow.session.scalars(query.with_for_update(of=kind) if locked else query).all()


def to_be_told(uow: UnitOfWork, pool: Pool, rule: PoolRule, *, most: int) -> Sequence[Any]:
    """Records whose owners know another moment than the one they go back at, or one that is not near any more."""
    kind: Any = KINDS_OF[rule.kind]
    known = kind.back_at.is_not(None)
    if rule.idle_days is None:
        wrong: ColumnElement[bool] = known
    else:
        back, edge = _goes_back(kind, rule), uow.now() + timedelta(days=rule.warn_days)
        near = and_(kind.active_at <= edge - timedelta(days=rule.idle_days), back <= edge)
        wrong = or_(and_(near, kind.back_at.is_distinct_from(back)), and_(known, back > edge))
    query: Select[Any] = select(kind).where(kind.closed_at.is_(None), under(pool, kind.owner_id), wrong)
    return uow.session.scalars(
        query.order_by(kind.active_at).limit(most).with_for_update(of=kind, skip_locked=True)
    ).all()


def _goes_back(kind: Any, rule: PoolRule) -> ColumnElement[datetime]:
    """`PoolRule.goes_back` once more, as SQL."""
    protected = func.coalesce(kind.held_since, kind.active_at) + timedelta(days=rule.protect_days)
    found: ColumnElement[datetime] = func.greatest(kind.active_at + timedelta(days=rule.idle_days or 0), protected)
    return found


def losses_of(uow: UnitOfWork, circulation: Circulation) -> Sequence[CirculationLoss]:
    """What a run took, in the order in which it did."""
    query = select(CirculationLoss).where(CirculationLoss.circulation_id == circulation.id)
    return uow.session.scalars(query.order_by(CirculationLoss.id)).all()
