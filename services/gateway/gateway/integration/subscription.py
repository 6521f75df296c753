"""Subscriptions of other systems: which facts they want, and how they get them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import new_id
from chassis.data.database import Id, Instant, Record
from chassis.facts.bus import matches
from gateway.identity.base import Base
from gateway.integration.errors import AlreadyDisabled, NotDisabled

AMQP, WEBHOOK = DELIVERIES = ("amqp", "webhook")
ACTIVE, PAUSED, DISABLED = STATES = ("active", "paused", "disabled")
PENDING, DELIVERED, FAILED = DELIVERY_STATES = ("pending", "delivered", "failed")
SECRET_OVERLAP = timedelta(hours=24)  # both secrets sign for so long
MAX_LENGTH = 100_000
# Seconds between the attempts at one delivery: two days in all.
RETRIES = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 43_200, 28_800)
GIVE_UP = timedelta(days=2)  # of failing without one success: the subscription is disabled
LONGEST_REST = 300  # seconds between two probes of a target that fails


class Subscription(Record, Base):
    """One system's wish for facts: by a queue of its own, or by calls of its address."""

    __tablename__ = "subscriptions"

    name: Mapped[str] = mapped_column(String(40))
    types: Mapped[list[str]] = mapped_column(ARRAY(String(80)))
    delivery: Mapped[str] = mapped_column(String(8))
    url: Mapped[str | None] = mapped_column(String(500))
    department_id: Mapped[str | None] = mapped_column(Id, ForeignKey("departments.id"), index=True)
    max_length: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(8), default=ACTIVE)
    why: Mapped[str] = mapped_column(String(200), default="")
    created_by: Mapped[str] = mapped_column(String(64))
    sealed: Mapped[str | None] = mapped_column(Text)
    sealed_before: Mapped[str | None] = mapped_column(Text)
    before_until: Mapped[datetime | None] = mapped_column(Instant)
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(Instant)
    rest_until: Mapped[datetime | None] = mapped_column(Instant)
    last_success_at: Mapped[datetime | None] = mapped_column(Instant)
    waiting: Mapped[int | None]
    dropping_since: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("uq_subscriptions_name", func.lower(text("name")), unique=True),)

    @property
    def queue(self) -> str | None:
        """The queue of an AMQP subscription."""
        return f"sub.{self.name}" if self.delivery == AMQP else None

    @property
    def fed(self) -> bool:
        """Whether the gateway brings the facts: to a webhook, and to a queue of one department, which no binding can tell."""
        return self.delivery == WEBHOOK or self.department_id is not None

    def wants(self, key: str) -> bool:
        """Whether facts of this key are wanted."""
        return any(matches(binding, key) for binding in self.types)

    def edit(self, fields: Mapping[str, Any], at: datetime) -> bool:
        """Change some fields; returns whether anything changed."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        if changed:
            self.changed(at)
        return bool(changed)

    def enable(self, at: datetime) -> None:
        """Deliver again. Raises NotDisabled."""
        if self.state == ACTIVE:
            raise NotDisabled()
        self.state, self.why, self.failures, self.failing_since, self.rest_until = ACTIVE, "", 0, None, None
        self.changed(at)

    def pause(self, at: datetime) -> None:
        """Deliver nothing for now; what comes meanwhile waits. Raises AlreadyDisabled."""
        if self.state != ACTIVE:
            raise AlreadyDisabled()
        self.state = PAUSED
        self.changed(at)

    def disable(self, why: str, at: datetime) -> None:
        """Deliver nothing any more, and collect nothing, until somebody enables it."""
        self.state, self.why = DISABLED, why[:200]
        self.changed(at)

    def succeeded(self, at: datetime) -> None:
        """A delivery was taken: whatever failed before is over."""
        self.failures, self.failing_since, self.rest_until, self.last_success_at = 0, None, None, at

    def failed(self, rest: float, at: datetime) -> None:
        """A delivery was not taken: nobody knocks again for `rest` seconds."""
        self.failures += 1
        self.failing_since = self.failing_since or at
        self.rest_until = at + timedelta(seconds=rest)

    def hopeless(self, at: datetime) -> bool:
        """Whether it has failed for two days without a success."""
        return self.failing_since is not None and at - self.failing_since >= GIVE_UP


class Delivery(Base):
    """One fact on its way to one address, with what was answered at each attempt."""

    __tablename__ = "webhook_deliveries"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    subscription_id: Mapped[str] = mapped_column(Id, ForeignKey("subscriptions.id", ondelete="CASCADE"))
    event_id: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    replayed: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(12), default=PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    created_at: Mapped[datetime] = mapped_column(Instant, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_webhook_deliveries_subscription_id_id", "subscription_id", "id"),
        Index("ix_webhook_deliveries_due", "subscription_id", "next_at", postgresql_where=text("state = 'pending'")),
        Index(
            "ix_webhook_deliveries_turn", "subscription_id", "subject", "id", postgresql_where=text("state = 'pending'")
        ),
    )

    def tried(self, outcome: Mapping[str, Any], jitter: float, at: datetime) -> None:
        """Note an attempt: over where it was taken, else to be tried again, or given up after the last one."""
        self.tries = [*self.tries, {**outcome, "at": at.isoformat()}][-len(RETRIES) - 1 :]
        if outcome["ok"]:
            self.state, self.ended_at = DELIVERED, at
        elif self.attempts > len(RETRIES):
            self.state, self.ended_at = FAILED, at
        else:
            self.next_at = at + timedelta(seconds=RETRIES[self.attempts - 1] * jitter)

    def again(self, at: datetime) -> None:
        """Send it once more, from the beginning of its attempts."""
        self.state, self.attempts, self.next_at, self.ended_at = PENDING, 0, at, None


class OutgoingNetwork(Base):
    """A private network that webhooks may reach because an administrator has listed it."""

    __tablename__ = "outgoing_networks"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    network: Mapped[str] = mapped_column(String(50), unique=True)
    note: Mapped[str] = mapped_column(String(200), default="")
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
