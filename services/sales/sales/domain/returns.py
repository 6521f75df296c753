"""A return: asked for by one, approved by another, then refunded once (S25, S26)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from sales.domain.base import Base
from sales.domain.codes import APPROVED, REFUNDED, REJECTED, REQUESTED
from sales.domain.copies import PlayerCopy
from sales.domain.errors import NotGranted, NotRequested, OwnReturn, RefundedAlready
from sales.domain.order import Order
from sales.domain.return_events import ReturnApproved, ReturnFact, ReturnRefunded, ReturnRejected, ReturnRequested

REFUNDED_ONCE_OUTSIDE = "uq_returns_method_external_no"


class Return(Record, Base):
    """What comes back of one order: items, or money alone; `rule` is what allowed it when it was asked for."""

    __tablename__ = "returns"

    no: Mapped[str] = mapped_column(String(24), unique=True)
    order_id: Mapped[str] = mapped_column(Id, ForeignKey("orders.id"))
    order_no: Mapped[str] = mapped_column(String(24))
    player_id: Mapped[str] = mapped_column(Id, ForeignKey("player_copies.id"))
    staff_id: Mapped[str | None] = mapped_column(Id)
    pack_no: Mapped[str] = mapped_column(String(32))
    pack_name: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    amount: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    currency: Mapped[str] = mapped_column(String(3))
    rule: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    requested_by: Mapped[str] = mapped_column(String(64))
    decision: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    method: Mapped[str | None] = mapped_column(String(32))
    external_no: Mapped[str | None] = mapped_column(String(64))
    refunded_by: Mapped[str | None] = mapped_column(String(64))
    refunded_at: Mapped[datetime | None] = mapped_column(Instant)

    player: Mapped[PlayerCopy] = relationship(lazy="joined", innerjoin=True, viewonly=True)

    __table_args__ = (
        Index("ix_returns_order_id_created_at", "order_id", "created_at", "id"),
        Index("ix_returns_player_id_created_at", "player_id", "created_at", "id"),
        Index("ix_returns_staff_id_created_at", "staff_id", "created_at", "id"),
        Index("ix_returns_state_created_at", "state", "created_at", "id"),
        Index("ix_returns_created_at", "created_at", "id"),
        UniqueConstraint("method", "external_no", name=REFUNDED_ONCE_OUTSIDE),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    @property
    def requested_at(self) -> datetime:
        """When it was asked for, UTC."""
        return self.created_at

    def request(self, order: Order, *, at: datetime) -> list[ReturnFact]:
        """Ask for it: its amount is set aside from what the order's player has paid. Raises MoreThanPaid."""
        order.ask_back(self.amount, at=at)
        self.state, self.created_at, self.updated_at = REQUESTED, at, at
        return [ReturnRequested.of(self, order)]

    def approve(self, order: Order, reason: str | None, *, by: str, at: datetime) -> list[ReturnFact]:
        """Grant it. Raises NotRequested, OwnReturn."""
        if by in (self.requested_by, order.placed_by, order.staff_id):
            raise OwnReturn()
        self._decide(APPROVED, reason, by=by, at=at)
        return [ReturnApproved.of(self, order, "state", "decision", "decided_by", "decided_at")]

    def reject(self, order: Order, reason: str, *, by: str, at: datetime) -> list[ReturnFact]:
        """Refuse it, also one's own; what was set aside can be asked for again. Raises NotRequested."""
        self._decide(REJECTED, reason, by=by, at=at)
        order.keep(self.amount, at=at)
        return [ReturnRejected.of(self, order, "state", "decision", "decided_by", "decided_at")]

    def refund(self, order: Order, money: Mapping[str, Any], *, by: str, at: datetime) -> list[ReturnFact]:
        """The money went back: method, external_no, refunded_at (UTC; at). Raises RefundedAlready, NotGranted."""
        if self.state == REFUNDED:
            raise RefundedAlready()
        if self.state != APPROVED:
            raise NotGranted()
        self.state, self.method, self.external_no = REFUNDED, money["method"], money.get("external_no") or None
        self.refunded_by, self.refunded_at = by, money.get("refunded_at") or at
        self.changed(at)
        order.give_back(self.amount, at=at)
        return [ReturnRefunded.of(self, order, "state", "method", "external_no", "refunded_by", "refunded_at")]

    def _decide(self, target: str, reason: str | None, *, by: str, at: datetime) -> None:
        if self.state != REQUESTED:
            raise NotRequested()
        self.state, self.decision, self.decided_by, self.decided_at = target, reason, by, at
        self.changed(at)
