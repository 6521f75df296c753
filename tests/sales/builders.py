"""Players, packs, touches, orders, returns and claims to try the rules on, with nothing behind them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chassis.clock import new_id
from sales.domain.claims import Claim
from sales.domain.copies import PackCopy, PackPrice, PlayerCopy
from sales.domain.opportunity import Opportunity
from sales.domain.order import Order
from sales.domain.payment import Payment
from sales.domain.pricing import PriceLimits
from sales.domain.returns import Return
from sales.domain.touch import Touch

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # noon in Shanghai
LIMITS = PriceLimits()


def a_player(**fields: Any) -> PlayerCopy:
    """A player whose agent is nobody in particular."""
    return PlayerCopy(**{"id": new_id(), "version": 1, "vip_tier": 0, "deleted": False, **fields})


def a_pack(**fields: Any) -> PackCopy:
    """A pack on sale for 100.00, of items worth 125.00."""
    price = Decimal(str(fields.pop("price", "100.00")))
    values = {
        "id": new_id(),
        "version": 1,
        "no": "P1024",
        "revision": 1,
        "name": "周末礼包",
        "lines": [a_line(), a_line(no="I2", name="强化石", quantity=5, unit="5.00")],
        "sum": Decimal("125.00"),
        "currency": "CNY",
        "discount": Decimal("0.2"),
        "state": "on_sale",
    }
    return PackCopy(**{**values, "price": price, **fields})


def a_line(*, no: str = "I1", name: str = "钻石", quantity: int = 10, unit: str = "10.00") -> dict[str, Any]:
    """One line of a pack, as its fact has it."""
    subtotal = {"amount": str(Decimal(unit) * quantity), "currency": "CNY"}
    shown = {"item_id": new_id(), "no": no, "name": name, "category": "道具", "quantity": quantity}
    return {**shown, "unit_price": {"amount": unit, "currency": "CNY"}, "subtotal": subtotal}


def a_touch(**fields: Any) -> Touch:
    """A touch of the player that is still to be logged."""
    values = {"id": new_id(), "version": 1, "player_id": new_id(), "channel": "wechat", "outcome": "considering"}
    touch = Touch(**{**values, "note": "", "currency": "CNY", **fields})
    return touch


def an_order(
    pack: PackCopy | None = None, *, price: str | Decimal | None = None, quantity: int = 1, by: str = "", **fields: Any
) -> Order:
    """An order that was placed at noon, of a pack for 100.00 unless told otherwise."""
    values = {"id": new_id(), "version": 1, "no": "O20261122-0001", "player_id": new_id(), "touch_id": new_id()}
    who = by or new_id()
    order = Order(**{**values, "staff_id": who, "placed_by": who, "note": "", "payments": [], **fields})
    agreed = None if price is None else Decimal(price)
    order.agree(pack or a_pack(), quantity=quantity, price=agreed, limits=LIMITS, at=NOON)
    order.place(at=NOON)
    return order


def a_payment(amount: str | Decimal, **fields: Any) -> Payment:
    """A payment by WeChat at noon."""
    values = {"id": new_id(), "method": "wechat_pay", "paid_at": NOON, "recorded_by": new_id(), "created_at": NOON}
    return Payment(**{**values, "amount": Decimal(amount), **fields})


def a_return(order: Order, amount: str | Decimal, *, by: str = "asker", **fields: Any) -> Return:
    """A return of money alone that was asked for at noon. Raises MoreThanPaid."""
    values = {"id": new_id(), "version": 1, "no": "R20261122-0001", "order_id": order.id, "order_no": order.no}
    more = {"player_id": order.player_id, "staff_id": order.staff_id, "pack_no": order.pack_no, "rule": "within_days"}
    texts = {"pack_name": order.pack_name, "lines": [], "reason": "玩家反悔", "requested_by": by}
    found = Return(**{**values, **more, **texts, "currency": order.currency, "amount": Decimal(amount), **fields})
    found.request(order, at=NOON)
    return found


def an_opportunity(*, player: PlayerCopy | None = ..., owner: str | None = "owner", **fields: Any) -> Opportunity:
    """An opportunity opened at noon, at first contact, somebody's unless `owner` is None."""
    of = a_player() if player is ... else player
    values = {
        "id": new_id(),
        "version": 1,
        "title": "周末礼包",
        "stage": "first_contact",
        "note": "",
        "currency": "CNY",
    }
    found = Opportunity(**{**values, "player_id": of and of.id, "created_by": "owner", **fields})
    found.player = of
    found.open(owner_id=owner, pool_id="pool", at=NOON)
    return found


def a_claim(order: Order, amount: str | Decimal, *, by: str = "asker", **fields: Any) -> Claim:
    """A compensation that was claimed at noon. Raises MoreThanPaid."""
    values = {"id": new_id(), "version": 1, "no": "C20261122-0001", "kind": "compensation", "rule": "compensation"}
    texts = {"reason": "掉线没收到", "evidence": [{"text": "截图", "link": None}], "basis": None, "requested_by": by}
    found = Claim(**{**values, **Claim.of_order(order), **texts, "amount": Decimal(amount), **fields})
    found.request(order, at=NOON)
    return found


def a_price(version: int, price: str | Decimal, at: datetime, **fields: Any) -> PackPrice:
    """What a pack cost from `at` on; on sale for everybody."""
    values = {"pack_id": "p", "no": "P1024", "currency": "CNY", "state": "on_sale", "version": version, "at": at}
    return PackPrice(**{**values, "price": Decimal(price), "player_id": None, "valid_until": None, **fields})
