"""May it be returned, until when, how much of it, and what it is worth: the rule names itself (S25, S26)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chassis.clock import rfc3339
from chassis.money import cents
from chassis.rules import RuleBroken, WrongFields
from sales.domain.codes import CANCELLED, PAID, PART_PAID
from sales.domain.errors import CancelFirst, MoreThanSold, NothingLeft, NothingPaid, ReturnTooLate
from sales.domain.order import Order

CALLED_OFF, NOT_HANDED_OUT, WITHIN_DAYS = "called_off", "not_handed_out", "within_days"
Line = Mapping[str, Any]


@dataclass(frozen=True)
class ReturnTerms:
    """For how many days what was handed out can be returned: from its completion, or from its shipment until then."""

    days: int = 15


@dataclass(frozen=True)
class Returnable:
    """The verdict on an order: `rule` is what allows it, or the code of what forbids it; `until` where a day counts."""

    allowed: bool
    rule: str
    until: datetime | None
    left: Decimal
    refusal: RuleBroken | None = None


def returnable(order: Order, terms: ReturnTerms, at: datetime) -> Returnable:
    """Whether anything of this order can be returned at `at` (UTC), by which rule, and how much at most.

    What was called off or not handed out yet can be for ever: the player has nothing for the money.
    """
    refusal: RuleBroken | None = None
    rule, until = _rule_of(order, terms)
    if not order.paid_total:
        refusal = NothingPaid()
    elif order.state == PART_PAID:
        refusal = CancelFirst()
    elif not order.left:
        refusal = NothingLeft()
    elif until is not None and at > until:
        refusal = ReturnTooLate(members={"days": terms.days, "until": rfc3339(until)})
    return Returnable(refusal is None, refusal.code if refusal else rule, until, order.left, refusal)


def must_be_returnable(order: Order, terms: ReturnTerms, at: datetime) -> str:
    """The rule that allows it. Raises NothingPaid, CancelFirst, NothingLeft, ReturnTooLate."""
    found = returnable(order, terms, at)
    if found.refusal is not None:
        raise found.refusal
    return found.rule


def _rule_of(order: Order, terms: ReturnTerms) -> tuple[str, datetime | None]:
    if order.state == CANCELLED:
        return CALLED_OFF, None
    if order.state == PAID:
        return NOT_HANDED_OUT, None
    since = order.completed_at or order.shipped_at
    return WITHIN_DAYS, None if since is None else since + timedelta(days=terms.days)


def wanted_lines(
    order: Order, before: Sequence[Line], *, quantity: int | None = None, lines: Iterable[Line] | None = None
) -> list[dict[str, Any]]:
    """The items that come back: so many whole packs, those of `lines` (item_id, quantity), or all that are left.

    `before` are the lines of the order's other returns that are open, granted or refunded. Raises MoreThanSold, and
    WrongFields for an item that was not sold.
    """
    left = {line["item_id"]: line["quantity"] * order.quantity for line in order.lines}
    for line in before:
        left[line["item_id"]] -= line["quantity"]
    if quantity is not None:
        wanted = {line["item_id"]: line["quantity"] * quantity for line in order.lines}
    else:
        wanted = dict(left) if lines is None else _counted(order, lines)
    if any(number > left[item_id] for item_id, number in wanted.items()):
        raise MoreThanSold()
    return [
        {**{name: line[name] for name in ("item_id", "no", "name")}, "quantity": wanted[line["item_id"]]}
        for line in order.lines
        if wanted.get(line["item_id"])
    ]


def _counted(order: Order, lines: Iterable[Line]) -> dict[str, int]:
    sold, wanted = {line["item_id"] for line in order.lines}, dict[str, int]()
    for number, line in enumerate(lines):
        if line["item_id"] not in sold:
            raise WrongFields([(f"/lines/{number}/item_id", "not_sold")])
        wanted[line["item_id"]] = wanted.get(line["item_id"], 0) + line["quantity"]
    return wanted


def worth(order: Order, lines: Iterable[Line]) -> Decimal:
    """What was agreed for these items: their share of the price by their list prices, to the cent, half up."""
    units = {line["item_id"]: Decimal(line["unit_price"]["amount"]) for line in order.lines}
    listed = sum((units[line["item_id"]] * line["quantity"] for line in lines), Decimal())
    return cents(listed * order.price / order.list_sum) if order.list_sum else Decimal("0.00")
