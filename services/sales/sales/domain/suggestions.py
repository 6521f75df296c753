"""The next best pack with its reasons (mission.md, 3): worked out from what one player refused, weighed and bought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median

from chassis.clock import local_day
from sales.domain.codes import ALREADY_HAS, CONSIDERING, NOT_NEEDED, TOO_EXPENSIVE

NEAR = Decimal("0.20")  # how far a price may lie from the usual one and still fit
WEIGHTS = {"price_dropped": 8, "repurchase": 4, "considered": 3, "fits_spend": 2, "popular": 0}


@dataclass(frozen=True)
class Offer:
    """A pack this player can buy now; `sold` is how often everybody bought it in the last 30 days."""

    no: str
    name: str
    price: Decimal
    currency: str = "CNY"
    sold: int = 0


@dataclass(frozen=True)
class PastTouch:
    """What was said of a pack, at the price it had then; one that is not `shown` bars packs but is never cited."""

    id: str
    at: datetime
    outcome: str
    lost_reason: str | None
    pack_no: str
    price: Decimal
    shown: bool = True


@dataclass(frozen=True)
class PastOrder:
    """What was bought, at what price for one, and the touch it came from."""

    touch_id: str
    at: datetime
    pack_no: str
    price: Decimal


@dataclass(frozen=True)
class History:
    """One player's past, looked at from `now`, days counted in `zone`."""

    touches: Sequence[PastTouch]
    orders: Sequence[PastOrder]
    now: datetime
    cooldown: timedelta
    zone: str = "Asia/Shanghai"

    def day(self, moment: datetime) -> str:
        """The day of a moment as it is said to people."""
        return f"{local_day(moment, self.zone):%Y-%m-%d}"

    def usual(self) -> Decimal | None:
        """The middle one of the prices the player has paid for a pack."""
        return median(order.price for order in self.orders) if self.orders else None


@dataclass(frozen=True)
class Reason:
    """Why a pack is suggested, in both languages, and the touch that shows it."""

    code: str
    text_zh: str
    text_en: str
    touch_id: str | None = None


@dataclass(frozen=True)
class Suggestion:
    """A pack with at least one reason."""

    offer: Offer
    reasons: tuple[Reason, ...]


def suggest(offers: Iterable[Offer], history: History, most: int = 3) -> list[Suggestion]:
    """The best packs to offer next, best first; best sellers where the player's past says nothing.

    A pack refused as too expensive is never among them at that price or above within the cool-down, nor is one that
    was not needed or already there.
    """
    open_offers = [offer for offer in offers if not is_barred(offer, history)]
    found = [Suggestion(offer, reasons) for offer in open_offers if (reasons := _reasons(offer, history))]
    if not found:
        found = [Suggestion(offer, (_popular(offer),)) for offer in open_offers if offer.sold > 0]
    return sorted(found, key=lambda suggestion: _rank(suggestion, history))[:most]


def is_barred(offer: Offer, history: History) -> bool:
    """Whether the player said no to this pack, within the cool-down, for a reason that still holds."""
    return any(_still_holds(touch, offer) for touch in history.touches if _recent(touch, history, offer))


def _recent(touch: PastTouch, history: History, offer: Offer) -> bool:
    return touch.pack_no == offer.no and history.now - touch.at <= history.cooldown


def _still_holds(touch: PastTouch, offer: Offer) -> bool:
    if touch.lost_reason == TOO_EXPENSIVE:
        return offer.price >= touch.price
    return touch.lost_reason in (NOT_NEEDED, ALREADY_HAS)


def _reasons(offer: Offer, history: History) -> tuple[Reason, ...]:
    rules = (_price_dropped, _repurchase, _considered, _fits_spend)
    return tuple(reason for rule in rules if (reason := rule(offer, history)))


def _price_dropped(offer: Offer, history: History) -> Reason | None:
    """Cheaper than at every refusal; the newest one is cited."""
    refusals = [t for t in _touches_of(offer, history) if t.lost_reason == TOO_EXPENSIVE]
    if not refusals or offer.price >= min(touch.price for touch in refusals):
        return None
    last = max(refusals, key=lambda touch: touch.at)
    then, now, day = _yuan(last.price, offer), _yuan(offer.price, offer), history.day(last.at)
    zh, en = f"{day} 嫌 {then} 太贵，现价 {now}", f"Too expensive at {then} on {day}, now {now}"
    return Reason("price_dropped", zh, en, last.id)


def _repurchase(offer: Offer, history: History) -> Reason | None:
    bought = [order for order in history.orders if order.pack_no == offer.no]
    if not bought:
        return None
    last = max(bought, key=lambda order: order.at)
    day, price = history.day(last.at), _yuan(last.price, offer)
    return Reason("repurchase", f"{day} 以 {price} 买过", f"Bought on {day} for {price}", last.touch_id)


def _considered(offer: Offer, history: History) -> Reason | None:
    """Weighed, and not bought since."""
    bought = max((order.at for order in history.orders if order.pack_no == offer.no), default=None)
    weighed = [
        touch
        for touch in _touches_of(offer, history)
        if touch.outcome == CONSIDERING and (bought is None or touch.at > bought)
    ]
    if not weighed:
        return None
    last = max(weighed, key=lambda touch: touch.at)
    day = history.day(last.at)
    return Reason("considered", f"{day} 说再考虑", f"Was considering it on {day}", last.id)


def _fits_spend(offer: Offer, history: History) -> Reason | None:
    """Near what is usually paid; the order nearest in price is cited."""
    usual = history.usual()
    if usual is None or abs(offer.price - usual) > usual * NEAR:
        return None
    nearest = min(history.orders, key=lambda order: (abs(order.price - offer.price), order.touch_id))
    price = _yuan(usual, offer)
    return Reason("fits_spend", f"接近平时的 {price}", f"Near the usual {price}", nearest.touch_id)


def _popular(offer: Offer) -> Reason:
    return Reason("popular", f"近 30 天卖出 {offer.sold} 份", f"{offer.sold} sold in the last 30 days")


def _touches_of(offer: Offer, history: History) -> list[PastTouch]:
    return [touch for touch in history.touches if touch.shown and touch.pack_no == offer.no]


def _rank(suggestion: Suggestion, history: History) -> tuple[int, int, Decimal, str]:
    """The weightier reasons first; then what sells, then what lies nearest to the usual price."""
    offer, usual = suggestion.offer, history.usual()
    weight = sum(WEIGHTS[reason.code] for reason in suggestion.reasons)
    return -weight, -offer.sold, abs(offer.price - (usual or offer.price)), offer.no


def _yuan(amount: Decimal, offer: Offer) -> str:
    plain = f"{amount:.2f}"
    return f"¥{plain}" if offer.currency == "CNY" else f"{plain} {offer.currency}"
