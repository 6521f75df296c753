"""May it be claimed, and how much: compensation as it is named, a price difference out of the pack's price history (S27)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from chassis.clock import rfc3339
from chassis.money import money_view
from chassis.rules import RuleBroken
from sales.domain.claim_errors import DifferenceClaimed, NoCheaperPrice, OrderNotPaid
from sales.domain.codes import COMPENSATION, COMPLETED, PACK_ON_SALE, PAID, SHIPPED
from sales.domain.copies import PackPrice
from sales.domain.errors import MoreThanPaid, NothingLeft
from sales.domain.order import Order

SOLD_CHEAPER = "sold_cheaper"
NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class ClaimTerms:
    """For how many days after the order a lower price of the same pack is made good."""

    days: int = 7


@dataclass(frozen=True)
class Span:
    """A price of a pack, and the time in which one could buy at it; `until` is None while it still holds."""

    price: Decimal
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class Standing:
    """What has come of an order so far: the lines of its returns, and what price differences were claimed of it."""

    returned: Sequence[Mapping[str, Any]] = ()
    claimed: Decimal = NOTHING


@dataclass(frozen=True)
class Claimable:
    """The verdict: `rule` is what allows it, or the code of what forbids it; `basis` is how a difference was worked out."""

    rule: str
    amount: Decimal | None
    left: Decimal
    basis: dict[str, Any] | None = None
    refusal: RuleBroken | None = None


def spans(history: Iterable[PackPrice], players: Iterable[str]) -> Iterator[Span]:
    """When the person with these IDs could buy the pack, and for how much, by the order of its versions."""
    known, people = sorted(history, key=lambda row: row.version), set(players)
    ends: Iterable[datetime | None] = (row.at for row in known[1:])
    for row, replaced in zip_longest(known, ends):
        if row.state != PACK_ON_SALE or (row.player_id is not None and row.player_id not in people):
            continue
        until = min((moment for moment in (row.valid_until, replaced) if moment is not None), default=None)
        if until is None or until > row.at:
            yield Span(row.price, row.at, until)


def cheapest(
    known: Iterable[Span], below: Decimal, *, after: datetime, by: datetime
) -> tuple[Decimal, datetime] | None:
    """The lowest price under `below` at which the pack was sold from `after` to `by`, and since when in that time."""
    found = [
        (span.price, max(span.since, after))
        for span in known
        if span.price < below and span.since <= by and (span.until is None or span.until > after)
    ]
    return min(found, default=None)


def packs_kept(order: Order, returned: Iterable[Mapping[str, Any]]) -> int:
    """How many whole packs the player still has of what was ordered."""
    back: dict[str, int] = {}
    for line in returned:
        back[line["item_id"]] = back.get(line["item_id"], 0) + line["quantity"]
    kept = (order.quantity - -(-back.get(line["item_id"], 0) // line["quantity"]) for line in order.lines)
    return max(0, min(kept, default=order.quantity))


def claimable(
    order: Order,
    kind: str,
    amount: Decimal | None,
    *,
    known: Iterable[Span] = (),
    standing: Standing = Standing(),
    terms: ClaimTerms = ClaimTerms(),
    at: datetime,
) -> Claimable:
    """Whether it may be claimed at `at` (UTC), by which rule, and how much: the same beforehand and on saving."""
    if order.state not in (PAID, SHIPPED, COMPLETED):
        return _refused(order, amount, OrderNotPaid())
    if not order.left:
        return _refused(order, amount, NothingLeft())
    if kind == COMPENSATION:
        if amount is not None and amount > order.left:
            return _refused(order, amount, MoreThanPaid(members={"left": money_view(order.left, order.currency)}))
        return Claimable(kind, amount, order.left)
    return _difference(order, known, standing, terms, at)


def _difference(order: Order, known: Iterable[Span], standing: Standing, terms: ClaimTerms, at: datetime) -> Claimable:
    """What the pack was sold cheaper by, for each pack the player has kept, less what was claimed of it already."""
    last = order.placed_at + timedelta(days=terms.days)
    found = cheapest(known, order.price, after=order.placed_at, by=min(at, last))
    if found is None:
        days = {"days": terms.days, "until": rfc3339(last)}
        return _refused(order, None, NoCheaperPrice(members=days))
    lower, since = found
    quantity = packs_kept(order, standing.returned)
    basis = {
        "price": money_view(order.price, order.currency),
        "lower_price": money_view(lower, order.currency),
        "lower_at": rfc3339(since),
        "quantity": quantity,
        "claimed": money_view(standing.claimed, order.currency),
    }
    if not quantity:
        return _refused(order, None, NothingLeft(), basis)
    amount = min((order.price - lower) * quantity - standing.claimed, order.left)
    if amount <= 0:
        return _refused(order, None, DifferenceClaimed(), basis)
    return Claimable(SOLD_CHEAPER, amount, order.left, basis)


def _refused(order: Order, amount: Decimal | None, why: RuleBroken, basis: dict[str, Any] | None = None) -> Claimable:
    return Claimable(why.code, amount, order.left, basis, why)
