"""A payment received for an order: method, amount, time, and its number outside (S4)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.database import Id, Instant
from sales.domain.base import Base

ONCE_OUTSIDE = "uq_payments_method_external_no"


class Payment(Base):
    """One payment; it is never changed. Amounts are in the order's currency."""

    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    order_id: Mapped[str] = mapped_column(Id, ForeignKey("orders.id"), index=True)
    method: Mapped[str] = mapped_column(String(32))
    amount: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    paid_at: Mapped[datetime] = mapped_column(Instant)
    external_no: Mapped[str | None] = mapped_column(String(64))
    recorded_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("method", "external_no", name=ONCE_OUTSIDE),
        CheckConstraint("amount > 0", name="amount_positive"),
    )
