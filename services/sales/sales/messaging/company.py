"""What ERP and finance tell of orders on `company.events`: shipments (S24) and payments (S12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from sqlalchemy import select

from chassis.data.unit_of_work import UnitOfWork
from chassis.facts.envelope import NotAFact, Received
from chassis.facts.event import rules
from chassis.facts.inward import company, contract
from chassis.money import Money
from sales.application import orders
from sales.domain.codes import COMPLETED, PAID, SHIPPED
from sales.domain.order import Order
from sales.domain.payment import Payment

OrderNo = Annotated[str, rules(minLength=1, maxLength=24)]
ExternalNo = Annotated[str, rules(minLength=1, maxLength=64)]
Method = Literal["wechat_pay", "alipay", "bank_transfer", "in_game", "other"]


@dataclass(frozen=True)
class ShipmentUpdated:
    """An order's items were handed out (`shipped`), or are all with the player (`delivered`)."""

    order_no: OrderNo
    state: Literal["shipped", "delivered"]


@dataclass(frozen=True)
class PaymentConfirmed:
    """Money for an order has arrived; `external_no` is the payment's number where it was made."""

    order_no: OrderNo
    method: Method
    amount: Money
    external_no: ExternalNo
    paid_at: datetime | None = None


def ship(uow: UnitOfWork, fact: Received) -> None:
    """Ship, and complete where it is delivered; an order that is as far already stays. Raises NotPaid: tried again."""
    order = _order(uow, fact)
    delivered = fact.data["state"] == "delivered"
    if order.state not in (SHIPPED, COMPLETED):
        uow.publish(order.ship(at=uow.now()))
    if delivered and order.state == SHIPPED:
        uow.publish(order.complete(at=uow.now()))


def pay(uow: UnitOfWork, fact: Received) -> None:
    """Record the payment; one that an agent has typed in already is the same one. What does not fit it is parked."""
    order, amount = _order(uow, fact), _amount(fact)
    known = uow.session.scalar(
        select(Payment).where(Payment.method == fact.data["method"], Payment.external_no == fact.data["external_no"])
    )
    if known is not None:
        if (known.order_id, known.amount, order.currency) != (order.id, amount.amount, amount.currency):
            raise NotAFact(f"{fact.key}: this payment is known with another amount, or for another order")
        return
    if amount.currency != order.currency:
        raise NotAFact(f"{fact.key}: another currency than the order's")
    if order.state in (PAID, SHIPPED, COMPLETED) or amount.amount > order.due:
        raise NotAFact(f"{fact.key}: more than what is due")
    fields: dict[str, Any] = {"method": fact.data["method"], "amount": amount}
    paid_at = _moment(fact.data.get("paid_at"))
    orders.add_payment(uow, order.id, {**fields, "external_no": fact.data["external_no"], "paid_at": paid_at})


def _order(uow: UnitOfWork, fact: Received) -> Order:
    """The order that is named, locked; an order that is not there will not come: its number was given out here."""
    found = uow.session.scalar(select(Order).where(Order.no == fact.data["order_no"]).with_for_update(of=Order))
    if found is None:
        raise NotAFact(f"{fact.key}: there is no such order")
    return found


def _amount(fact: Received) -> Money:
    amount = Decimal(fact.data["amount"]["amount"])
    if not 0 < amount < Decimal("10000000000"):
        raise NotAFact(f"{fact.key}: /amount is out of range")
    return Money(amount, fact.data["amount"]["currency"])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


_PAYMENT = {
    "order_no": "O20261122-0042",
    "method": "bank_transfer",
    "amount": {"amount": "648.00", "currency": "CNY"},
    "external_no": "ICBC-20261122-000391",
    "paid_at": "2026-11-22T06:29:00Z",
}
SUBSCRIPTION = company(
    "company",
    contract(
        "erp.shipment.updated.v1",
        ShipmentUpdated,
        ship,
        stream="erp.shipment",
        teller="erp",
        example={"order_no": "O20261122-0042", "state": "shipped"},
    ),
    contract(
        "finance.payment.confirmed.v1",
        PaymentConfirmed,
        pay,
        stream="finance.payment",
        teller="finance",
        example=_PAYMENT,
    ),
)
