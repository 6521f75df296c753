"""An order and its rules: what was agreed never changes, it is paid exactly, and no more goes back (S3, S4, S25, S28)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from chassis.money import money_view
from chassis.rules import RuleBroken
from sales.domain.base import Base
from sales.domain.codes import (
    AWAITING_APPROVAL,
    AWAITING_PAYMENT,
    CANCELLED,
    COMPLETED,
    PAID,
    PART_PAID,
    SHIPPED,
)
from sales.domain.copies import PackCopy, PlayerCopy
from sales.domain.errors import (
    MoreThanPaid,
    NotAwaitingApproval,
    NotCancellable,
    NotPaid,
    NotPayable,
    NotShipped,
    OrderInReturn,
    Overpaid,
    OwnOrder,
)
from sales.domain.events import (
    OrderApproved,
    OrderCancelled,
    OrderCompleted,
    OrderFact,
    OrderPaid,
    OrderPlaced,
    OrderShipped,
    PaymentReceived,
)
from sales.domain.payment import Payment
from sales.domain.pricing import PriceLimits, needs_approval, share_off

# Every move an order can make; there is no other.
MOVES: dict[str, frozenset[str]] = {
    AWAITING_APPROVAL: frozenset({AWAITING_PAYMENT, CANCELLED}),
    AWAITING_PAYMENT: frozenset({PART_PAID, PAID, CANCELLED}),
    PART_PAID: frozenset({PART_PAID, PAID, CANCELLED}),
    PAID: frozenset({SHIPPED}),
    SHIPPED: frozenset({COMPLETED}),
    COMPLETED: frozenset(),
    CANCELLED: frozenset(),
}
_LINE = ("item_id", "no", "name", "quantity", "unit_price")


class Order(Record, Base):
    """What was sold: the pack as it was, the price agreed for one, how many, and what has been paid."""

    __tablename__ = "orders"

    no: Mapped[str] = mapped_column(String(24), unique=True)
    player_id: Mapped[str] = mapped_column(Id, ForeignKey("player_copies.id"))
    staff_id: Mapped[str | None] = mapped_column(Id)
    placed_by: Mapped[str] = mapped_column(String(64))
    touch_id: Mapped[str] = mapped_column(Id, ForeignKey("touches.id"))
    session_id: Mapped[str | None] = mapped_column(Id)
    campaign_id: Mapped[str | None] = mapped_column(Id)
    pack_id: Mapped[str] = mapped_column(Id)
    pack_no: Mapped[str] = mapped_column(String(32))
    pack_revision: Mapped[int]
    pack_name: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    quantity: Mapped[int]
    list_sum: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    pack_price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    total: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    paid_total: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    returned_total: Mapped[Decimal] = mapped_column(Numeric(16, 2), server_default=text("0"))
    refunded_total: Mapped[Decimal] = mapped_column(Numeric(16, 2), server_default=text("0"))
    claimed_total: Mapped[Decimal] = mapped_column(Numeric(16, 2), server_default=text("0"))
    discount: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str | None] = mapped_column(String(64))
    paid_at: Mapped[datetime | None] = mapped_column(Instant)
    shipped_at: Mapped[datetime | None] = mapped_column(Instant)
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)

    player: Mapped[PlayerCopy] = relationship(lazy="joined", innerjoin=True, viewonly=True)
    payments: Mapped[list[Payment]] = relationship(lazy="selectin", order_by=Payment.id, cascade="save-update")

    __table_args__ = (
        Index("ix_orders_player_id_created_at", "player_id", "created_at", "id"),
        Index("ix_orders_staff_id_created_at", "staff_id", "created_at", "id"),
        Index("ix_orders_state_created_at", "state", "created_at", "id"),
        Index("ix_orders_pack_no_created_at", "pack_no", "created_at", "id"),
        Index("ix_orders_created_at", "created_at", "id"),
        Index(
            "ix_orders_campaign_id_created_at",
            "campaign_id",
            "created_at",
            "id",
            postgresql_where=text("campaign_id IS NOT NULL"),
        ),
        Index("ix_orders_total", "total", "id"),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="quantity_in_range"),
        CheckConstraint("price > 0 AND price <= pack_price", name="price_in_range"),
        CheckConstraint("paid_total BETWEEN 0 AND total", name="never_overpaid"),
        CheckConstraint(
            "refunded_total >= 0 AND refunded_total <= returned_total AND returned_total <= paid_total",
            name="never_over_refunded",
        ),
        CheckConstraint(
            "claimed_total >= 0 AND claimed_total <= returned_total - refunded_total", name="claims_within"
        ),
    )

    @property
    def placed_at(self) -> datetime:
        """When it was placed, UTC."""
        return self.created_at

    @property
    def due(self) -> Decimal:
        """What is still to be paid."""
        return self.total - self.paid_total

    @property
    def left(self) -> Decimal:
        """What was paid and has neither gone back nor is asked back: all that can still be returned or claimed."""
        return self.paid_total - self.returned_total

    def agree(
        self,
        pack: PackCopy,
        *,
        quantity: int,
        price: Decimal | None,
        limits: PriceLimits,
        at: datetime,
        person: Collection[str] = (),
    ) -> None:
        """Copy the pack in and settle the price of one (the pack's own where None is given).

        `person`: the IDs of whoever is one person with the player: a pack made for one is for all.
        Raises PackNotOnSale, PackExpired, PackForOtherPlayer, PriceAbovePack, PriceNotAllowed.
        """
        pack.must_be_for_sale({self.player_id, *person}, at)
        agreed = pack.price if price is None else price
        beyond = needs_approval(agreed, pack.price, limits, pack.currency)
        self.pack_id, self.pack_no, self.pack_revision, self.pack_name = pack.id, pack.no, pack.revision, pack.name
        self.lines = [{name: line.get(name) for name in _LINE} for line in pack.lines]
        self.list_sum, self.pack_price, self.currency = pack.sum, pack.price, pack.currency
        self.quantity, self.price, self.total = quantity, agreed, agreed * quantity
        self.discount = share_off(agreed, pack.sum)
        self.paid_total = self.returned_total = self.refunded_total = self.claimed_total = Decimal("0.00")
        self.state = AWAITING_APPROVAL if beyond else AWAITING_PAYMENT

    def place(self, *, at: datetime) -> list[OrderFact]:
        """Say that it was placed at `at` (UTC)."""
        self.created_at = self.updated_at = at
        return [OrderPlaced.of(self)]

    def receive(self, payment: Payment, *, at: datetime) -> list[OrderFact | PaymentReceived]:
        """Take one payment; the one that completes the total makes the order paid. Raises NotPayable, Overpaid."""
        if self.state in (AWAITING_APPROVAL, CANCELLED):
            raise NotPayable()
        if payment.amount > self.due:
            raise Overpaid(members={"due": money_view(self.due, self.currency)})
        self.payments.append(payment)
        self.paid_total += payment.amount
        self._move(PART_PAID if self.due else PAID, NotPayable, at)
        received = PaymentReceived.of(self, payment)
        if self.due:
            return [received]
        self.paid_at = at
        return [received, OrderPaid.of(self, "state", "payments", "paid_total", "paid_at")]

    def approve(self, reason: str | None, *, by: str, at: datetime) -> list[OrderFact]:
        """Agree to the price. Raises NotAwaitingApproval, OwnOrder."""
        self._decide(AWAITING_PAYMENT, reason, by=by, at=at)
        return [OrderApproved.of(self, "state", "decided_by")]

    def reject(self, reason: str | None, *, by: str, at: datetime) -> list[OrderFact]:
        """Refuse the price, which cancels the order. Raises NotAwaitingApproval, OwnOrder."""
        self._decide(CANCELLED, reason, by=by, at=at)
        self.cancelled_at = at
        return [OrderCancelled.of(self, "state", "reason", "decided_by", "cancelled_at")]

    def cancel(self, reason: str, *, at: datetime) -> list[OrderFact]:
        """Call it off before it is paid. Raises NotCancellable."""
        self._move(CANCELLED, NotCancellable, at)
        self.reason, self.cancelled_at = reason, at
        return [OrderCancelled.of(self, "state", "reason", "cancelled_at")]

    def ship(self, *, at: datetime) -> list[OrderFact]:
        """Hand the items out. Raises NotPaid, OrderInReturn."""
        in_returns = self.returned_total - self.refunded_total - self.claimed_total  # a claim holds no goods back
        asked_back, all_back = in_returns > 0, self.paid_total == self.refunded_total
        if self.state == PAID and (asked_back or all_back):
            raise OrderInReturn()
        self._move(SHIPPED, NotPaid, at)
        self.shipped_at = at
        return [OrderShipped.of(self, "state", "shipped_at")]

    def complete(self, *, at: datetime) -> list[OrderFact]:
        """Close it: the player has everything. Raises NotShipped."""
        self._move(COMPLETED, NotShipped, at)
        self.completed_at = at
        return [OrderCompleted.of(self, "state", "completed_at")]

    def ask_back(self, amount: Decimal, *, at: datetime) -> None:
        """Keep an amount for a return or claim that is asked for: no other can have it. Raises MoreThanPaid."""
        if amount > self.left:
            raise MoreThanPaid(members={"left": money_view(self.left, self.currency)})
        self.returned_total += amount
        self.changed(at)

    def keep(self, amount: Decimal, *, at: datetime) -> None:
        """The return or claim of this amount came to nothing: it can be asked back again."""
        self.returned_total -= amount
        self.changed(at)

    def give_back(self, amount: Decimal, *, at: datetime) -> None:
        """This amount of what was asked back has gone to the player."""
        self.refunded_total += amount
        self.changed(at)

    def claim_back(self, amount: Decimal, *, at: datetime) -> None:
        """Keep an amount for a claim that is made. Raises MoreThanPaid."""
        self.ask_back(amount, at=at)
        self.claimed_total += amount

    def settle_claim(self, amount: Decimal, *, paid: bool, at: datetime) -> None:
        """A claim of this amount came to its end: it was paid, or to nothing."""
        self.claimed_total -= amount
        (self.give_back if paid else self.keep)(amount, at=at)

    def _decide(self, target: str, reason: str | None, *, by: str, at: datetime) -> None:
        if self.state != AWAITING_APPROVAL:
            raise NotAwaitingApproval()
        if by in (self.placed_by, self.staff_id):
            raise OwnOrder()
        self._move(target, NotAwaitingApproval, at)
        self.reason, self.decided_by = reason, by

    def _move(self, target: str, refusal: type[RuleBroken], at: datetime) -> None:
        if target not in MOVES[self.state]:
            raise refusal()
        self.state = target
        self.changed(at)
