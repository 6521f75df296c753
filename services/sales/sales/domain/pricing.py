"""How far an agreed price may lie below the pack's: alone, with approval, or not at all (S28)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from chassis.money import CENT, money_view
from sales.domain.errors import PriceAbovePack, PriceNotAllowed


@dataclass(frozen=True)
class PriceLimits:
    """Shares off the pack's price: up to `free` an agent decides alone, up to `approval` somebody else agrees."""

    free: Decimal = Decimal("0.10")
    approval: Decimal = Decimal("0.40")


def needs_approval(price: Decimal, pack_price: Decimal, limits: PriceLimits, currency: str = "CNY") -> bool:
    """Whether somebody else must agree to the price of one pack; a price at a limit passes it.

    Compared exactly, never rounded. Raises PriceAbovePack, PriceNotAllowed.
    """
    if price > pack_price:
        raise PriceAbovePack()
    if price >= pack_price * (1 - limits.free):
        return False
    lowest = pack_price * (1 - limits.approval)
    if price < lowest:
        raise PriceNotAllowed(members={"lowest": money_view(lowest.quantize(CENT, ROUND_CEILING), currency)})
    return True


def share_off(price: Decimal, list_sum: Decimal) -> Decimal:
    """The discount on the sum of the items as a fraction with four places: 0.1500 is 15 % off."""
    if not list_sum:
        return Decimal("0.0000")
    return (1 - price / list_sum).quantize(Decimal("0.0001"), ROUND_HALF_UP)
