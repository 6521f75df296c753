"""A return: asked for by one, approved by another, then refunded once (S25, S26)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Instant
from sales.domain.base import Base
from sales.domain.codes import APPROVED, REFUNDED, REJECTED
from sales.domain.errors import NotGranted, NotRequested, OwnReturn, RefundedAlready
from sales.domain.money_back import MoneyBack
from sales.domain.order import Order
from sales.domain.return_events import ReturnApproved, ReturnFact, ReturnRefunded, ReturnRejected, ReturnRequested


class Return(MoneyBack, Base):
    """What comes back of one order: items, or money alone; `rule` is what allowed it when it was asked for."""

    __tablename__ = "returns"

    not_open, own = NotRequested, OwnReturn

    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    refunded_by: Mapped[str | None] = mapped_column(String(64))
    refunded_at: Mapped[datetime | None] = mapped_column(Instant)

    def request(self, order: Order, *, at: datetime) -> list[ReturnFact]:
        """Ask for it: its amount is set aside from what the order's player has paid. Raises MoreThanPaid."""
        order.ask_back(self.amount, at=at)
        self._open(at)
        return [ReturnRequested.of(self, order)]

    def approve(self, order: Order, reason: str | None, *, by: str, at: datetime) -> list[ReturnFact]:
        """Grant it. Raises NotRequested, OwnReturn."""
        self._must_be_others(order, by)
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
