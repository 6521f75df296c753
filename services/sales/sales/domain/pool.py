"""Pools, the rules by which one claims from them and loses to them, and the history of whose a record was (S13–S17)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant, Record
from sales.domain.base import Base
from sales.domain.pool_errors import ClaimedTooMany, HoldsTooMany
from sales.domain.pooled import Pooled

COMPANY_POOL = "01900000-0000-7000-8000-000000000001"  # made by the migration: there is always one
ONE_POOL, ONE_RULE = "uq_pools_department_id", "uq_pool_rules_pool_id"
_POSITIVE = "coalesce(least(max_held, claims_a_day, idle_days), 1) > 0 AND warn_days >= 0 AND protect_days >= 0"


class Pool(Record, Base):
    """Where what nobody has lies for whoever claims it: one of a department, and one of the whole company."""

    __tablename__ = "pools"

    name: Mapped[str] = mapped_column(String(64))
    department_id: Mapped[str | None] = mapped_column(Id)
    circulated_on: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("department_id", name=ONE_POOL, postgresql_nulls_not_distinct=True),
        Index("ix_pools_created_at", "created_at", "id"),
    )


class PoolRule(Record, Base):
    """The limits of one pool for leads or for opportunities; what is None is not limited.

    At most `max_held` at a time, `claims_a_day` in a day of the studio; taken back after `idle_days` without work on it,
    never within `protect_days` after somebody got it, and warned of `warn_days` before.
    """

    __tablename__ = "pool_rules"

    pool_id: Mapped[str] = mapped_column(Id, ForeignKey("pools.id"))
    kind: Mapped[str] = mapped_column(String(16))
    max_held: Mapped[int | None]
    claims_a_day: Mapped[int | None]
    idle_days: Mapped[int | None]
    warn_days: Mapped[int] = mapped_column(default=0)
    protect_days: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("pool_id", "kind", name=ONE_RULE),
        Index("ix_pool_rules_created_at", "created_at", "id"),
        CheckConstraint(_POSITIVE, name="limits_positive"),
    )

    def must_allow(self, *, held: int, claimed: int) -> None:
        """Raise HoldsTooMany or ClaimedTooMany where one more would be too many."""
        if self.max_held is not None and held >= self.max_held:
            raise HoldsTooMany(members={"limit": self.max_held, "held": held}, limit=self.max_held, held=held)
        if self.claims_a_day is not None and claimed >= self.claims_a_day:
            words = {"limit": self.claims_a_day, "claimed": claimed}
            raise ClaimedTooMany(members=words, limit=self.claims_a_day, claimed=claimed)

    def goes_back(self, record: Pooled) -> datetime | None:
        """When this rule takes the record back if nobody works on it, UTC; None: never."""
        if self.idle_days is None or record.owner_id is None:
            return None
        idle = record.active_at + timedelta(days=self.idle_days)
        return max(idle, (record.held_since or record.active_at) + timedelta(days=self.protect_days))


class Step(Base):
    """One thing that happened to a lead or an opportunity, with whose it was from then on: rows are only ever added.

    The department is the owner's at that moment, so that credit stays where it was earned when teams change (S17).
    """

    __tablename__ = "pool_steps"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))
    record_id: Mapped[str] = mapped_column(Id)
    how: Mapped[str] = mapped_column(String(32))
    stage: Mapped[str] = mapped_column(String(32))
    owner_id: Mapped[str | None] = mapped_column(Id)
    department_id: Mapped[str | None] = mapped_column(Id)
    by: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_pool_steps_record_id_at", "record_id", "at", "id"),
        Index("ix_pool_steps_by_how_at", "by", "how", "at"),
    )
