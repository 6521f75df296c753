"""Idle leads and opportunities go back to their pools: shown beforehand, warned of, run every night, undone (S15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from chassis.clock import local_day, new_id
from chassis.data.unit_of_work import UnitOfWork
from sales.application.pools import governed
from sales.application.steps import told
from sales.domain.circulation import GONE, Circulation, CirculationLoss, Due, due, plan_of, warning_of
from sales.domain.copies import StaffCopy
from sales.domain.pool import Pool
from sales.domain.pool_codes import GIVEN_BACK, KINDS, RECYCLED
from sales.domain.pool_errors import PlanChanged
from sales.persistence.circulation import KINDS_OF, idle, losses_of, to_be_told
from sales.persistence.pools import rule_of

MOST = 500  # records in one run; whatever is left goes with the next one, a moment later


def plan(uow: UnitOfWork, pool: Pool, at: datetime, *, locked: bool = False) -> list[Due]:
    """Who loses what at `at` (UTC), and why: what a dry run shows and what a run does."""
    found: list[Due] = []
    for kind in KINDS:
        rule = rule_of(uow, pool.id, kind)
        if rule is not None and len(found) < MOST:
            found += due(idle(uow, pool, rule, at, most=MOST - len(found), locked=locked), rule, at)
    return found


def dry_run(uow: UnitOfWork, pool_id: str, at: datetime | None) -> tuple[Pool, list[Due]]:
    """What a run would do at `at` (UTC; now), without doing it. Raises NotFound, PoolOfOthers."""
    pool = governed(uow, uow.get(Pool, pool_id))
    return pool, plan(uow, pool, at or uow.now())


def circulate(uow: UnitOfWork, pool_id: str, expected: str | None) -> tuple[Circulation, Sequence[CirculationLoss]]:
    """Take back what is idle now; with the mark of a dry run just what that said. Publishes the facts of each.

    Raises NotFound, PoolOfOthers, PlanChanged.
    """
    pool = governed(uow, uow.locked(Pool, pool_id))
    found = plan(uow, pool, uow.now(), locked=True)
    if expected is not None and plan_of(found) != expected:
        raise PlanChanged()
    return _run(uow, pool, found)


def _run(uow: UnitOfWork, pool: Pool, found: list[Due]) -> tuple[Circulation, list[CirculationLoss]]:
    run = Circulation(id=new_id(), version=1, pool_id=pool.id, by=uow.caller.id, lost=len(found))
    run.created_at = run.updated_at = uow.now()
    uow.add(run)
    losses = [one.loss(run.id) for one in found]
    for one in found:
        told(uow, one.record, one.record.recycle(pool.id, at=uow.now()), RECYCLED, reason=one.reason)
    uow.session.add_all(losses)
    return run, losses


def undo_circulation(
    uow: UnitOfWork, circulation_id: str, *, version: int
) -> tuple[Circulation, Sequence[CirculationLoss]]:
    """Give everything back that nobody has claimed, changed or ended since, to whoever is still here.

    Raises NotFound, StaleRecord, PoolOfOthers, CirculationUndone.
    """
    run = uow.for_update(Circulation, circulation_id, version)
    governed(uow, uow.get(Pool, run.pool_id))
    run.undo(by=uow.caller.id, at=uow.now())
    losses = losses_of(uow, run)
    here = _in_service(uow, {loss.owner_id for loss in losses})
    for kind in KINDS:
        theirs = {loss.record_id: loss for loss in losses if loss.kind == kind}
        for record in _locked(uow, kind, theirs):
            loss = theirs[record.id]
            if record.version == loss.record_version and loss.owner_id in here:
                told(uow, record, record.give(loss.owner_id, GIVEN_BACK, at=uow.now()), GIVEN_BACK)
                loss.outcome = GIVEN_BACK
    for loss in losses:
        loss.outcome = loss.outcome or GONE
    run.given_back = sum(loss.outcome == GIVEN_BACK for loss in losses)
    return run, losses


def _locked(uow: UnitOfWork, kind: str, ids: Any) -> Sequence[Any]:
    """In the order of their IDs, as whoever locks several does."""
    model: Any = KINDS_OF[kind]
    query = select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update(of=model)
    return uow.session.scalars(query).all()


def _in_service(uow: UnitOfWork, staff: set[str]) -> set[str]:
    here = select(StaffCopy.id).where(StaffCopy.id.in_(staff), StaffCopy.state == "in_service")
    return set(uow.session.scalars(here))


def next_run(now: datetime, zone: str, hour: int) -> datetime:
    """When the nightly run begins the next time, UTC."""
    local = now.astimezone(ZoneInfo(zone))
    night = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return (night if night > local else night + timedelta(days=1)).astimezone(now.tzinfo)


def run_nightly(uow: UnitOfWork) -> None:
    """After the hour of the night, take back in every pool what is idle, until nothing is; run by a timer."""
    local = uow.now().astimezone(ZoneInfo(uow.settings.timezone))
    today = local_day(uow.now(), uow.settings.timezone)
    if local.hour < uow.settings.circulation_hour:
        return
    waiting = or_(Pool.circulated_on.is_(None), Pool.circulated_on < today)
    for pool in uow.session.scalars(select(Pool).where(waiting).order_by(Pool.id).with_for_update()).all():
        found = plan(uow, pool, uow.now(), locked=True)
        if found:
            _run(uow, pool, found)
        if len(found) < MOST:
            pool.circulated_on = today


def warn_owners(uow: UnitOfWork) -> None:
    """Tell of what goes back soon, and of what does not any more; run by a timer."""
    for pool in uow.session.scalars(select(Pool).order_by(Pool.id)).all():
        for kind in KINDS:
            rule = rule_of(uow, pool.id, kind)
            if rule is not None:
                for record in to_be_told(uow, pool, rule, most=MOST):
                    uow.publish(record.warn(warning_of(record, rule, uow.now()), at=uow.now()))
