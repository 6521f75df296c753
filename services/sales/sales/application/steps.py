"""The history of leads and opportunities: what is done to one is written down with whose it is then (S16, S17)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.event import Event
from sales.domain.copies import StaffCopy
from sales.domain.pool import Step
from sales.domain.pooled import Pooled


def told(uow: UnitOfWork, record: Pooled, facts: Iterable[Event], how: str, *, reason: str | None = None) -> None:
    """Publish what was done to the record and write it into its history; nothing where there are no facts."""
    found = list(facts)
    if not found:
        return
    uow.publish(found)
    department = select(StaffCopy.department_id).where(StaffCopy.id == record.owner_id)
    uow.add(
        Step(
            kind=record.kind,
            record_id=record.id,
            how=how,
            stage=record.stage,
            owner_id=record.owner_id,
            department_id=uow.session.scalar(department) if record.owner_id else None,
            by=uow.caller.id,
            reason=reason,
            at=uow.now(),
        )
    )
