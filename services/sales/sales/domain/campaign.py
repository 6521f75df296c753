"""A campaign: planned, run between its moments, ended by hand or by the clock, once (S7, S8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, Numeric, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant, Record
from chassis.rules import WrongFields
from sales.domain.base import Base
from sales.domain.campaign_errors import (
    CampaignFixed,
    CampaignNotDraft,
    CampaignNotOpen,
    CampaignNotRunning,
    CampaignOver,
)
from sales.domain.campaign_events import (
    CampaignCancelled,
    CampaignEnded,
    CampaignFact,
    CampaignPlanned,
    CampaignRemoved,
    CampaignStarted,
)
from sales.domain.codes import CAMPAIGN_CANCELLED, DRAFT, ENDED, RUNNING

# What can still be changed; in a draft everything can.
_OPEN_FIELDS = {
    RUNNING: frozenset({"name", "plan", "budget", "cost", "packs", "target", "ends_at"}),
    ENDED: frozenset({"plan", "cost"}),
    CAMPAIGN_CANCELLED: frozenset({"plan", "cost"}),
}


class Campaign(Record, Base):
    """What is offered to whom, until when, and for how much; `cost` is what it came to, where that is known."""

    __tablename__ = "campaigns"

    no: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    plan: Mapped[str] = mapped_column(Text)
    budget: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    cost: Mapped[Decimal | None] = mapped_column(Numeric(16, 2))
    currency: Mapped[str] = mapped_column(String(3))
    packs: Mapped[list[str]] = mapped_column(JSONB)
    target: Mapped[dict[str, Any]] = mapped_column(JSONB)
    department_id: Mapped[str | None] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    planned_by: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime | None] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_campaigns_created_at", "created_at", "id"),
        Index("ix_campaigns_state_created_at", "state", "created_at", "id"),
        Index("ix_campaigns_to_start", "starts_at", postgresql_where=text("state = 'draft'")),
        Index("ix_campaigns_to_end", "ends_at", postgresql_where=text("state = 'running'")),
        CheckConstraint("budget >= 0 AND cost >= 0", name="amounts_positive"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )

    @property
    def spent(self) -> Decimal:
        """What it is measured against: its cost, or its budget until that is known."""
        return self.budget if self.cost is None else self.cost

    def draft(self, *, at: datetime) -> list[CampaignFact]:
        """Begin as a draft at `at` (UTC). Raises WrongFields."""
        self._check_times(at)
        self.state, self.created_at, self.updated_at = DRAFT, at, at
        return [CampaignPlanned.of(self)]

    def edit(self, fields: Mapping[str, Any], *, at: datetime) -> list[CampaignFact]:
        """Change some fields. Raises CampaignFixed, WrongFields."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        fixed = sorted(set(changed) - _OPEN_FIELDS.get(self.state, frozenset(changed)))
        if fixed:
            raise CampaignFixed(members={"fields": fixed})
        if not changed:
            return []
        for name in changed:
            setattr(self, name, fields[name])
        if {"starts_at", "ends_at"} & set(changed):
            self._check_times(at)
        self.changed(at)
        return [CampaignPlanned.of(self, *changed)]

    def start(self, *, at: datetime) -> list[CampaignFact]:
        """Begin, by hand or by the clock. Raises CampaignNotDraft, CampaignOver."""
        if self.state != DRAFT:
            raise CampaignNotDraft()
        if self.ends_at is not None and self.ends_at <= at:
            raise CampaignOver()
        return self._begin(at)

    def keep_to_the_clock(self, *, at: datetime) -> list[CampaignFact]:
        """Begin where the moment has come, and end; both, where nobody looked in between."""
        facts: list[CampaignFact] = []
        if self.state == DRAFT and self.starts_at is not None and self.starts_at <= at:
            facts += self._begin(at)
        if self.state == RUNNING and self.ends_at is not None and self.ends_at <= at:
            facts += self.end(at=at)
        return facts

    def _begin(self, at: datetime) -> list[CampaignFact]:
        self.state, self.started_at = RUNNING, at
        self.changed(at)
        return [CampaignStarted.of(self, "state", "started_at")]

    def end(self, *, at: datetime) -> list[CampaignFact]:
        """Come to the end, by hand or by the clock. Raises CampaignNotRunning."""
        self.must_run()
        self.state, self.ended_at = ENDED, at
        self.changed(at)
        return [CampaignEnded.of(self, "state", "ended_at")]

    def cancel(self, reason: str, *, at: datetime) -> list[CampaignFact]:
        """Call it off. Raises CampaignNotOpen."""
        if self.state not in (DRAFT, RUNNING):
            raise CampaignNotOpen()
        self.state, self.reason, self.ended_at = CAMPAIGN_CANCELLED, reason, at
        self.changed(at)
        return [CampaignCancelled.of(self, "state", "reason", "ended_at")]

    def remove(self, *, at: datetime) -> list[CampaignFact]:
        """Say that it is removed, which the caller does. Raises CampaignNotDraft."""
        if self.state != DRAFT:
            raise CampaignNotDraft()
        self.changed(at)
        return [CampaignRemoved.of(self)]

    def must_run(self) -> None:
        """Raise CampaignNotRunning unless it runs."""
        if self.state != RUNNING:
            raise CampaignNotRunning()

    def _check_times(self, at: datetime) -> None:
        if self.ends_at is None:
            return
        if self.ends_at <= at:
            raise WrongFields([("/ends_at", "in_the_past")])
        if self.starts_at is not None and self.ends_at <= self.starts_at:
            raise WrongFields([("/ends_at", "before_its_start")])
