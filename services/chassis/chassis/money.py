"""Amounts of money: a Decimal with two places and its currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def cents(amount: Decimal) -> Decimal:
    """The amount rounded to whole cents, half up, as invoices are."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, order=True)
class Money:
    """An amount in one currency; shown as {"amount": "648.00", "currency": "CNY"}."""

    amount: Decimal
    currency: str = "CNY"

    def __post_init__(self) -> None:
        object.__setattr__(self, "amount", cents(self.amount))


def money_view(amount: Decimal | None, currency: str = "CNY") -> dict[str, str] | None:
    """The JSON form of an amount, or None."""
    return None if amount is None else {"amount": str(cents(amount)), "currency": currency}
