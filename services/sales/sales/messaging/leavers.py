"""Open leads and opportunities of a leaver are handed over; the history of each says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, union_all

from chassis.data.unit_of_work import UnitOfWork
from chassis.jobs.handover import Belongings, handover
from sales.application.pooling import hand_over
from sales.domain.copies import StaffCopy
from sales.domain.lead import Lead
from sales.domain.opportunity import Opportunity

_KINDS: tuple[Any, ...] = (Lead, Opportunity)


def _count(uow: UnitOfWork, staff_id: str) -> int:
    return _loads(uow, [staff_id]).get(staff_id, 0)


def _loads(uow: UnitOfWork, staff_ids: list[str]) -> Mapping[str, int]:
    each = (select(kind.owner_id).where(kind.owner_id.in_(staff_ids), kind.closed_at.is_(None)) for kind in _KINDS)
    owners = union_all(*each).subquery()
    return dict(uow.session.execute(select(owners.c[0], func.count()).group_by(owners.c[0])).tuples().all())


def _step(uow: UnitOfWork, given: Mapping[str, Any], receiver: Callable[[], str | None], limit: int) -> int:
    """Give up to `limit` of them to others; what nobody takes goes to the pool of the department."""
    moved = 0
    for kind in _KINDS:
        records = _theirs(uow, kind, given["from_id"], limit - moved)
        for record in records:
            hand_over(uow, record, receiver(), reason=f"离职交接：{given['no']}")
        moved += len(records)
    return moved


def _theirs(uow: UnitOfWork, kind: Any, staff_id: str, limit: int) -> Sequence[Any]:
    query = select(kind).where(kind.owner_id == staff_id, kind.closed_at.is_(None)).order_by(kind.id)
    return uow.session.scalars(query.limit(limit).with_for_update(of=kind)).all()


SUBSCRIPTION, HANDOVER = handover("sales.handover", StaffCopy, Belongings(_count, _loads, _step))
