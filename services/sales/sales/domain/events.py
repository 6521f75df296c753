"""The facts of touches, orders and payments, each carrying the whole state after the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from chassis.facts.event import Event, fact
from chassis.money import Money

if TYPE_CHECKING:
    from sales.domain.order import Order
    from sales.domain.payment import Payment
    from sales.domain.touch import Touch


@dataclass(frozen=True)
class TouchPack:
    """The pack that was offered, with its price at that moment."""

    no: str
    name: str
    price: Money


@fact("touch.logged.v1")
@dataclass(frozen=True, kw_only=True)
class TouchLogged(Event):
    """A sales contact was logged, or what was logged has changed."""

    player_id: str
    staff_id: str | None
    channel: str
    outcome: str
    lost_reason: str | None
    note: str
    next_at: datetime | None
    pack_no: str | None
    pack: TouchPack | None
    order_id: str | None
    opportunity_id: str | None
    at: datetime
    campaign_id: str | None = None

    @classmethod
    def of(cls, touch: Touch, *changed: str) -> Self:
        """The fact that this touch is now as it is."""
        pack = None
        if touch.pack_no is not None:
            price = Money(touch.pack_price or Decimal(), touch.currency)
            pack = TouchPack(touch.pack_no, touch.pack_name or "", price)
        return cls(
            subject=touch.id,
            entity_version=touch.version,
            occurred_at=touch.updated_at,
            changed=tuple(changed),
            player_id=touch.player_id,
            staff_id=touch.staff_id,
            channel=touch.channel,
            outcome=touch.outcome,
            lost_reason=touch.lost_reason,
            note=touch.note,
            next_at=touch.next_at,
            pack_no=touch.pack_no,
            pack=pack,
            order_id=touch.order_id,
            opportunity_id=touch.opportunity_id,
            campaign_id=touch.campaign_id,
            at=touch.at,
        )


@dataclass(frozen=True)
class OrderedPack:
    """The pack as it was when it was sold."""

    id: str
    no: str
    revision: int
    name: str


@dataclass(frozen=True)
class OrderLine:
    """One item of the pack: how many in one pack, and its price then."""

    item_id: str
    no: str
    name: str
    quantity: int
    unit_price: Money

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Self:
        """A line as the order keeps it."""
        unit = line["unit_price"]
        price = Money(Decimal(unit["amount"]), unit["currency"])
        return cls(line["item_id"], line["no"], line["name"], line["quantity"], price)


@dataclass(frozen=True)
class OrderPayment:
    """One payment that has come in."""

    id: str
    method: str
    amount: Money
    paid_at: datetime
    external_no: str | None

    @classmethod
    def of(cls, payment: Payment, currency: str) -> Self:
        """A payment of an order in this currency."""
        amount = Money(payment.amount, currency)
        return cls(payment.id, payment.method, amount, payment.paid_at, payment.external_no)


_STATE = (
    "no", "player_id", "staff_id", "placed_by", "touch_id", "session_id", "campaign_id", "quantity", "discount", "state",
    "reason", "note", "decided_by", "placed_at", "paid_at", "shipped_at", "completed_at", "cancelled_at",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OrderFact(Event):
    """The state of an order after a change: `sum`, `pack_price` and `price` are of one pack, `total` of all."""

    no: str
    player_id: str
    staff_id: str | None
    placed_by: str
    touch_id: str
    session_id: str | None
    pack: OrderedPack
    lines: tuple[OrderLine, ...]
    quantity: int
    sum: Money
    pack_price: Money
    price: Money
    total: Money
    discount: Decimal
    state: str
    payments: tuple[OrderPayment, ...]
    paid_total: Money
    reason: str | None
    note: str
    decided_by: str | None
    placed_at: datetime
    paid_at: datetime | None
    shipped_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    refunded_total: Money | None = None
    campaign_id: str | None = None

    @classmethod
    def of(cls, order: Order, *changed: str) -> Self:
        """The fact that this order is now as it is."""
        currency = order.currency
        return cls(
            subject=order.id,
            entity_version=order.version,
            occurred_at=order.updated_at,
            changed=tuple(changed),
            pack=OrderedPack(order.pack_id, order.pack_no, order.pack_revision, order.pack_name),
            lines=tuple(OrderLine.of(line) for line in order.lines),
            sum=Money(order.list_sum, currency),
            pack_price=Money(order.pack_price, currency),
            price=Money(order.price, currency),
            total=Money(order.total, currency),
            payments=tuple(OrderPayment.of(payment, currency) for payment in order.payments),
            paid_total=Money(order.paid_total, currency),
            refunded_total=Money(order.refunded_total, currency),
            **{name: getattr(order, name) for name in _STATE},
        )


@fact("order.placed.v1")
class OrderPlaced(OrderFact):
    """An order was placed; it awaits approval or payment."""


@fact("order.approved.v1")
class OrderApproved(OrderFact):
    """The price of an order was agreed to by somebody who may."""


@fact("order.paid.v1")
class OrderPaid(OrderFact):
    """An order was paid in full."""


@fact("order.shipped.v1")
class OrderShipped(OrderFact):
    """The items of an order were handed out."""


@fact("order.completed.v1")
class OrderCompleted(OrderFact):
    """An order came to its end."""


@fact("order.cancelled.v1")
class OrderCancelled(OrderFact):
    """An order was called off, or its price rejected."""


@fact("payment.received.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentReceived(Event):
    """A payment came in; `order_state` and `paid_total` are the order's after it."""

    order_id: str
    order_no: str
    order_version: int
    order_state: str
    player_id: str
    staff_id: str | None
    method: str
    amount: Money
    paid_at: datetime
    external_no: str | None
    total: Money
    paid_total: Money
    recorded_by: str

    @classmethod
    def of(cls, order: Order, payment: Payment) -> Self:
        """The fact that this payment came in for this order."""
        return cls(
            subject=payment.id,
            entity_version=1,
            occurred_at=order.updated_at,
            order_id=order.id,
            order_no=order.no,
            order_version=order.version,
            order_state=order.state,
            player_id=order.player_id,
            staff_id=order.staff_id,
            method=payment.method,
            amount=Money(payment.amount, order.currency),
            paid_at=payment.paid_at,
            external_no=payment.external_no,
            total=Money(order.total, order.currency),
            paid_total=Money(order.paid_total, order.currency),
            recorded_by=payment.recorded_by,
        )
