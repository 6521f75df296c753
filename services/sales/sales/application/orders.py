"""What is done with an order: place, decide, take payments, cancel, ship, complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from chassis.clock import new_id
from chassis.data.numbers import daily_number
from chassis.data.unit_of_work import StaleRecord, UnitOfWork
from chassis.rules import NotFound, WrongFields
from sales.application.campaigns import running_campaign
from sales.application.touches import new_touch
from sales.domain.codes import SOLD
from sales.domain.copies import PackCopy, PlayerCopy
from sales.domain.errors import PaymentKnown
from sales.domain.events import OrderFact, TouchLogged
from sales.domain.order import Order
from sales.domain.payment import ONCE_OUTSIDE, Payment
from sales.domain.pricing import PriceLimits
from sales.domain.touch import Touch
from sales.persistence.lookups import pack_numbered
from sales.persistence.projections import PEOPLE

LIMITS = PriceLimits()
_SALE: dict[str, Any] = {"channel": "wechat", "outcome": SOLD}


def place_order(uow: UnitOfWork, fields: Mapping[str, Any], *, timezone: str, limits: PriceLimits = LIMITS) -> Order:
    """Sell a pack to a player the caller reaches; publishes order.placed, touch.logged and those of the payments.

    `fields`: player_id, pack_no; quantity (1), price (Money of one pack; the pack's own), payments (as in
    `add_payment`), touch_id, session_id, campaign_id, note where there are. The touch named, or a new one, is the
    sale's; without a campaign the order is its touch's campaign's. Raises NotFound, CampaignNotRunning,
    PackNotOnSale, PackExpired, PackForOtherPlayer, PriceAbovePack, PriceNotAllowed, TouchHasOrder, NotPayable, Overpaid,
    PaymentKnown.
    """
    player, person = PEOPLE.by_id(uow, fields["player_id"])
    pack = pack_numbered(uow, fields["pack_no"])
    order = _agreed(uow, player, person, pack, fields, limits)
    touch, touched = _sold(uow, order, person, pack, fields.get("touch_id"))
    order.touch_id = touch.id
    order.no = daily_number(uow.session, "O", uow.now(), timezone)
    uow.publish(order.place(at=uow.now()))
    uow.publish(touched)
    for payment in fields.get("payments") or ():
        _receive(uow, order, payment)
    _write(uow, order)
    return order


def _agreed(
    uow: UnitOfWork,
    player: PlayerCopy,
    person: list[str],
    pack: PackCopy,
    fields: Mapping[str, Any],
    limits: PriceLimits,
) -> Order:
    """`person`: the IDs of the player and of whoever was merged into them."""
    price = fields.get("price")
    if price is not None:
        same_currency("/price", price.currency, pack.currency)
    order = Order(
        id=new_id(),
        version=1,
        player_id=player.id,
        staff_id=uow.caller.staff_id,
        placed_by=uow.caller.id,
        session_id=fields.get("session_id"),
        campaign_id=running_campaign(uow, fields.get("campaign_id")),
        note=fields.get("note") or "",
        payments=[],
    )
    order.player = player
    agreed = None if price is None else price.amount
    quantity = fields.get("quantity") or 1
    order.agree(pack, quantity=quantity, price=agreed, limits=limits, at=uow.now(), person=person)
    return order


def same_currency(pointer: str, given: str, needed: str) -> None:
    """Raise WrongFields where the amount at `pointer` is in another currency than is needed."""
    if given != needed:
        raise WrongFields([(pointer, f"wrong_currency:{needed}")])


def _sold(
    uow: UnitOfWork, order: Order, person: list[str], pack: PackCopy, touch_id: str | None
) -> tuple[Touch, list[TouchLogged]]:
    """The touch that ends in this order: the one named, which must be the same player's, or a new one."""
    if touch_id is None:
        touch = new_touch(uow, order.player, pack, _SALE | {"order_id": order.id, "campaign_id": order.campaign_id})
        facts = touch.log(at=uow.now())
        return uow.add(touch), facts
    touch = uow.locked(Touch, touch_id)
    if touch.player_id not in person:
        raise NotFound()
    order.campaign_id = order.campaign_id or touch.campaign_id
    return touch, touch.sell(order, pack, at=uow.now())


def add_payment(uow: UnitOfWork, order_id: str, fields: Mapping[str, Any], *, version: int | None = None) -> Order:
    """Take a payment for an order; publishes payment.received, and order.paid where it was the last.

    `fields`: method, amount (Money); paid_at (UTC; now), external_no where there are. Payments of one order wait for
    one another. Raises NotFound, StaleRecord, NotPayable, Overpaid, PaymentKnown.
    """
    order = _locked(uow, order_id, version)
    _receive(uow, order, fields)
    _write(uow, order)
    return order


def _receive(uow: UnitOfWork, order: Order, fields: Mapping[str, Any]) -> None:
    same_currency("/amount", fields["amount"].currency, order.currency)
    payment = Payment(
        id=new_id(),
        method=fields["method"],
        amount=fields["amount"].amount,
        paid_at=fields.get("paid_at") or uow.now(),
        external_no=fields.get("external_no") or None,
        recorded_by=uow.caller.id,
        created_at=uow.now(),
    )
    uow.publish(order.receive(payment, at=uow.now()))


def _write(uow: UnitOfWork, order: Order) -> None:
    """The database itself knows every payment outside once, whoever else records it at this moment."""
    try:
        uow.add(order)
    except IntegrityError as error:
        if ONCE_OUTSIDE in str(error.orig):
            raise PaymentKnown() from error
        raise


def decide(
    uow: UnitOfWork, order_id: str, verdict: str, reason: str | None = None, *, version: int | None = None
) -> Order:
    """Approve or reject the price of somebody else's order; publishes order.approved or order.cancelled.

    Raises NotFound, StaleRecord, NotAwaitingApproval, OwnOrder.
    """
    rule = Order.approve if verdict == "approve" else Order.reject
    return _change(uow, order_id, version, lambda order: rule(order, reason, by=uow.caller.id, at=uow.now()))


def cancel(uow: UnitOfWork, order_id: str, reason: str, *, version: int | None = None) -> Order:
    """Call an order off before it is paid; publishes order.cancelled. Raises NotFound, StaleRecord, NotCancellable."""
    return _change(uow, order_id, version, lambda order: order.cancel(reason, at=uow.now()))


def ship(uow: UnitOfWork, order_id: str, *, version: int | None = None) -> Order:
    """Hand the items of a paid order out; publishes order.shipped. Raises NotFound, StaleRecord, NotPaid."""
    return _change(uow, order_id, version, lambda order: order.ship(at=uow.now()))


def complete(uow: UnitOfWork, order_id: str, *, version: int | None = None) -> Order:
    """Close a shipped order; publishes order.completed. Raises NotFound, StaleRecord, NotShipped."""
    return _change(uow, order_id, version, lambda order: order.complete(at=uow.now()))


def _change(uow: UnitOfWork, order_id: str, version: int | None, rule: Callable[[Order], list[OrderFact]]) -> Order:
    order = _locked(uow, order_id, version)
    uow.publish(rule(order))
    return order


def _locked(uow: UnitOfWork, order_id: str, version: int | None) -> Order:
    """The order, locked; at the version the caller has seen where one is given."""
    order = uow.locked(Order, order_id)
    if version is not None and order.version != version:
        raise StaleRecord(order)
    return order
