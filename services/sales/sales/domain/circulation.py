"""A run that takes back what lies idle: who lost what and why, so that it can be shown beforehand and undone (S15)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant, Record
from sales.domain.base import Base
from sales.domain.pool import PoolRule
from sales.domain.pool_errors import CirculationUndone
from sales.domain.pooled import Pooled

IDLE = "idle"
GONE = "gone"  # what was claimed, changed or ended since, or whose former owner has left, is not given back


class Circulation(Record, Base):
    """One run over one pool's people; `lost` of them were taken back, `given_back` again when it was undone."""

    __tablename__ = "circulations"

    pool_id: Mapped[str] = mapped_column(Id, ForeignKey("pools.id"))
    by: Mapped[str] = mapped_column(String(64))
    lost: Mapped[int]
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
    undone_by: Mapped[str | None] = mapped_column(String(64))
    given_back: Mapped[int | None]

    __table_args__ = (
        Index("ix_circulations_pool_id_created_at", "pool_id", "created_at", "id"),
        Index("ix_circulations_created_at", "created_at", "id"),
    )

    def undo(self, *, by: str, at: datetime) -> None:
        """Take it back, once. Raises CirculationUndone."""
        if self.undone_at is not None:
            raise CirculationUndone()
        self.undone_at, self.undone_by, self.given_back = at, by, 0
        self.changed(at)


class CirculationLoss(Base):
    """What one run took from whom; `record_version` is the record's after it, `outcome` what an undoing made of it."""

    __tablename__ = "circulation_losses"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    circulation_id: Mapped[str] = mapped_column(Id, ForeignKey("circulations.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    record_id: Mapped[str] = mapped_column(Id)
    record_version: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[str] = mapped_column(Id)
    active_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))


@dataclass(frozen=True)
class Due:
    """A record that is to go back: since when nobody worked on it, and since when it is due."""

    record: Pooled
    due_at: datetime
    reason: str = IDLE

    def loss(self, circulation_id: str | None) -> CirculationLoss:
        """The entry of it, while its owner still has it."""
        record = self.record
        assert record.owner_id is not None
        return CirculationLoss(
            id=new_id(),
            circulation_id=circulation_id,
            kind=record.kind,
            record_id=record.id,
            record_version=record.version + 1,
            title=record.called,
            owner_id=record.owner_id,
            active_at=record.active_at,
            due_at=self.due_at,
            reason=self.reason,
        )


def due(records: Iterable[Pooled], rule: PoolRule, at: datetime) -> list[Due]:
    """Those of the records that the rule takes back at `at` (UTC): the one word on it, for a dry run and for a run."""
    found = ((record, rule.goes_back(record)) for record in records)
    return [Due(record, back) for record, back in found if back is not None and back <= at]


def warning_of(record: Pooled, rule: PoolRule | None, at: datetime) -> datetime | None:
    """When the owner is to be told it goes back; None while that is not near, or never."""
    back = rule.goes_back(record) if rule is not None else None
    return back if rule is not None and back is not None and back <= at + timedelta(days=rule.warn_days) else None


def plan_of(found: Iterable[Due]) -> str:
    """A mark of exactly these records as they are now: a run that is given it does just that, or nothing."""
    lines = sorted(f"{one.record.kind} {one.record.id} {one.record.version}" for one in found)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]
