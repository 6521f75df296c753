"""What a pack may cost: its sum, its price, and the verdict of the discount rules; pure, over exact Decimals.

A price is whole cents. So is the lowest price a rule allows: it is rounded as a price worked out from a discount is
(half up), so that what "10 % off" comes to is exactly at a limit of 10 %, and exactly at the limit passes. Two packs
with the same lines and the same price get the same verdict, whichever way the price was typed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from catalog.domain.codes import MAX_DISCOUNT, MIN_PRICE
from catalog.domain.errors import PriceAboveSum
from chassis.money import cents, money_view

NOTHING, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class Line:
    """So many of one item at its price when the pack was judged."""

    item_id: str
    no: str
    name: str
    category: str
    quantity: int
    unit_price: Decimal

    @property
    def subtotal(self) -> Decimal:
        """Quantity times unit price."""
        return self.quantity * self.unit_price

    def plain(self) -> dict[str, Any]:
        """The line as JSON values, as it is kept and shown."""
        return {
            "item_id": self.item_id,
            "no": self.no,
            "name": self.name,
            "category": self.category,
            "quantity": self.quantity,
            "unit_price": money_view(self.unit_price),
            "subtotal": money_view(self.subtotal),
        }

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> Line:
        """The line that `plain` was made of."""
        kept = {name: plain[name] for name in ("item_id", "no", "name", "category", "quantity")}
        return cls(**kept, unit_price=Decimal(plain["unit_price"]["amount"]))


@dataclass(frozen=True)
class Rule:
    """One discount rule. Limits are fractions off the sum; `min_price` is CNY for one pack.

    max_discount: up to `free_limit` alone, up to `approval_limit` with approval, beyond it never.
    """

    id: str
    code: str
    name: str
    kind: str
    free_limit: Decimal | None = None
    approval_limit: Decimal | None = None
    min_price: Decimal | None = None


# Where the company has no rule in force nothing goes below the sum; and nothing is ever sold for nothing.
DEFAULT = Rule("default", "default", "默认规则：不打折", MAX_DISCOUNT, free_limit=NOTHING)
FLOOR = Rule("floor", "floor", "默认规则：不能零元", MIN_PRICE, min_price=Decimal("0.01"))


@dataclass(frozen=True)
class Finding:
    """What one rule says of one price. `limit` is the one that was crossed, or the next one where none was;
    `margin` is the price minus the lowest price at that limit, in cents, negative when short."""

    rule: Rule
    passed: bool
    needs_approval: bool
    limit: str
    margin: Decimal

    @property
    def strictness(self) -> tuple[int, int, str]:
        """Sorts what blocks before what needs approval before what allows; equals by their code."""
        return (0 if not self.passed else 1 if self.needs_approval else 2, *code_order(self.rule.code))

    def plain(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "id": self.rule.id,
            "code": self.rule.code,
            "name": self.rule.name,
            "kind": self.rule.kind,
            "passed": self.passed,
            "needs_approval": self.needs_approval,
            "limit": self.limit,
            "free_limit": fraction_text(self.rule.free_limit),
            "approval_limit": fraction_text(self.rule.approval_limit),
            "margin": money_view(self.margin),
        }


@dataclass(frozen=True)
class Verdict:
    """What all rules together say of a pack's price; `findings` in the order of their codes, at least one."""

    total: Decimal
    price: Decimal
    findings: tuple[Finding, ...]

    @property
    def allowed(self) -> bool:
        """No rule blocks it."""
        return all(finding.passed for finding in self.findings)

    @property
    def needs_approval(self) -> bool:
        """It is allowed, but not to its maker alone."""
        return self.allowed and any(finding.needs_approval for finding in self.findings)

    @property
    def deciding(self) -> Finding:
        """The strictest finding: the rule that is named."""
        return min(self.findings, key=lambda finding: finding.strictness)

    def plain(self) -> dict[str, Any]:
        """The verdict as JSON values: what the preview shows, what is kept with the pack."""
        named = self.deciding.plain()
        return {
            "sum": money_view(self.total),
            "price": money_view(self.price),
            "discount": str(discount_shown(self.total, self.price)),
            "allowed": self.allowed,
            "needs_approval": self.needs_approval,
            "rule": {name: named[name] for name in ("id", "code", "name", "kind", "limit", "margin")},
            "rules": [finding.plain() for finding in self.findings],
        }


@dataclass(frozen=True)
class Quote:
    """Lines with the prices of now, and the verdict on them."""

    lines: tuple[Line, ...]
    verdict: Verdict


def sum_of(lines: Iterable[Line]) -> Decimal:
    """What the items cost one by one."""
    return sum((line.subtotal for line in lines), NOTHING)


def price_after(total: Decimal, discount: Decimal) -> Decimal:
    """The price at a discount (a fraction off), in cents, half up."""
    return cents(total * (ONE - discount))


def discount_shown(total: Decimal, price: Decimal) -> Decimal:
    """The fraction off, four places, never less than it is; 0 where there is nothing to be off from."""
    off = (total - price) / total if total else NOTHING
    return off.quantize(Decimal("0.0001"), ROUND_CEILING)


def fraction_text(fraction: Decimal | None) -> str | None:
    """A limit as text with at least two places: 0.10, 0.125."""
    if fraction is None:
        return None
    places = max(2, -int(fraction.normalize().as_tuple().exponent))
    return f"{fraction:.{places}f}"


def code_order(code: str) -> tuple[int, str]:
    """Sorts D-2 before D-10, and the built-in rules after the company's own."""
    return (len(code), code)


def judge(
    lines: Sequence[Line], rules: Iterable[Rule], *, price: Decimal | None = None, discount: Decimal | None = None
) -> Verdict:
    """The verdict on a pack at a price, or at a discount on its sum. Raises PriceAboveSum.

    Preview, saving, publishing and approving all come here: there is no second way to a verdict.
    """
    total = sum_of(lines)
    agreed = price if price is not None else price_after(total, discount or NOTHING)
    if agreed > total:
        raise PriceAboveSum(members={"sum": money_view(total), "price": money_view(agreed)})
    in_force = list(rules) or [DEFAULT]
    if agreed <= 0:
        in_force.append(FLOOR)
    ordered = sorted(in_force, key=lambda rule: code_order(rule.code))
    return Verdict(total, agreed, tuple(examine(rule, total, agreed) for rule in ordered))


def examine(rule: Rule, total: Decimal, price: Decimal) -> Finding:
    """What one rule says of a price."""
    if rule.kind == MIN_PRICE:
        least = cents(rule.min_price or NOTHING)
        return Finding(rule, price >= least, False, str(least), price - least)
    free = rule.free_limit or NOTHING
    most = max(free, rule.approval_limit or NOTHING)
    alone, passed = price >= price_after(total, free), price >= price_after(total, most)
    limit = free if passed else most
    return Finding(rule, passed, passed and not alone, str(fraction_text(limit)), price - price_after(total, limit))
