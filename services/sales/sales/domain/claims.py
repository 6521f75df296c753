"""A claim: compensation or a price difference, asked for by one, approved by another, then paid once (S27)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Instant
from sales.domain.base import Base
from sales.domain.claim_errors import ClaimNotApproved, ClaimNotOpen, ClaimPaidAlready, NotOwnClaim, OwnClaim
from sales.domain.claim_events import (
    ClaimApproved,
    ClaimFact,
    ClaimPaid,
    ClaimRejected,
    ClaimRequested,
    ClaimWithdrawn,
)
from sales.domain.codes import APPROVED, CLAIM_PAID, REJECTED, REQUESTED, WITHDRAWN
from sales.domain.money_back import MoneyBack
from sales.domain.order import Order


class Claim(MoneyBack, Base):
    """Money for a player who keeps what was bought; `basis` is how a price difference was worked out."""

    __tablename__ = "claims"

    not_open, own = ClaimNotOpen, OwnClaim

    kind: Mapped[str] = mapped_column(String(32))
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    basis: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    paid_by: Mapped[str | None] = mapped_column(String(64))
    paid_at: Mapped[datetime | None] = mapped_column(Instant)

    def request(self, order: Order, *, at: datetime) -> list[ClaimFact]:
        """Ask for it: its amount is set aside from what the order's player has paid. Raises MoreThanPaid."""
        order.claim_back(self.amount, at=at)
        self._open(at)
        return [ClaimRequested.of(self, order)]

    def approve(self, order: Order, reason: str | None, *, by: str, at: datetime) -> list[ClaimFact]:
        """Grant it. Raises ClaimNotOpen, OwnClaim."""
        self._must_be_others(order, by)
        self._decide(APPROVED, reason, by=by, at=at)
        return [ClaimApproved.of(self, order, "state", "decision", "decided_by", "decided_at")]

    def reject(self, order: Order, reason: str, *, by: str, at: datetime) -> list[ClaimFact]:
        """Refuse it, also one's own; what was set aside can be asked for again. Raises ClaimNotOpen."""
        self._decide(REJECTED, reason, by=by, at=at)
        order.settle_claim(self.amount, paid=False, at=at)
        return [ClaimRejected.of(self, order, "state", "decision", "decided_by", "decided_at")]

    def withdraw(self, order: Order, *, by: str, at: datetime) -> list[ClaimFact]:
        """Take one's own back before it is decided. Raises NotOwnClaim, ClaimNotOpen."""
        if by != self.requested_by:
            raise NotOwnClaim()
        if self.state != REQUESTED:
            raise ClaimNotOpen()
        self.state = WITHDRAWN
        self.changed(at)
        order.settle_claim(self.amount, paid=False, at=at)
        return [ClaimWithdrawn.of(self, order, "state")]

    def pay(self, order: Order, money: Mapping[str, Any], *, by: str, at: datetime) -> list[ClaimFact]:
        """The money went out: method, external_no, paid_at (UTC; at). Raises ClaimPaidAlready, ClaimNotApproved."""
        if self.state == CLAIM_PAID:
            raise ClaimPaidAlready()
        if self.state != APPROVED:
            raise ClaimNotApproved()
        self.state, self.method, self.external_no = CLAIM_PAID, money["method"], money.get("external_no") or None
        self.paid_by, self.paid_at = by, money.get("paid_at") or at
        self.changed(at)
        order.settle_claim(self.amount, paid=True, at=at)
        return [ClaimPaid.of(self, order, "state", "method", "external_no", "paid_by", "paid_at")]
