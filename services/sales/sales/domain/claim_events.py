"""The facts of claims, each carrying the whole state after the change, and the order's sums after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from chassis.facts.event import fact
from chassis.money import Money
from sales.domain.money_back_events import MoneyBackFact

if TYPE_CHECKING:
    from sales.domain.claims import Claim


@dataclass(frozen=True)
class Evidence:
    """What the claim rests on: a text, a link, or both."""

    text: str
    link: str | None

    @classmethod
    def of(cls, piece: Mapping[str, Any]) -> Self:
        """A piece as the claim keeps it."""
        return cls(piece["text"], piece["link"])


@dataclass(frozen=True)
class Difference:
    """How a price difference was worked out: `price` of one pack was agreed, at `lower_at` it was `lower_price`."""

    price: Money
    lower_price: Money
    lower_at: datetime
    quantity: int
    claimed: Money

    @classmethod
    def of(cls, basis: Mapping[str, Any]) -> Self:
        """The working as the claim keeps it."""
        price, lower, claimed = (_money(basis[name]) for name in ("price", "lower_price", "claimed"))
        return cls(price, lower, datetime.fromisoformat(basis["lower_at"]), basis["quantity"], claimed)


def _money(shown: Mapping[str, str]) -> Money:
    return Money(Decimal(shown["amount"]), shown["currency"])


@dataclass(frozen=True, kw_only=True)
class ClaimFact(MoneyBackFact):
    """The state of a claim after a change: `amount` is its own, `paid_total` and `refunded_total` are the order's."""

    kind: str
    evidence: tuple[Evidence, ...]
    difference: Difference | None
    paid_by: str | None
    paid_at: datetime | None

    own: ClassVar[tuple[str, ...]] = ("kind", "paid_by", "paid_at")

    @classmethod
    def further(cls, found: Claim) -> dict[str, Any]:
        """Its evidence, and how a difference was worked out."""
        evidence = tuple(Evidence.of(piece) for piece in found.evidence)
        return {"evidence": evidence, "difference": None if found.basis is None else Difference.of(found.basis)}


@fact("claim.requested.v1")
class ClaimRequested(ClaimFact):
    """A claim was made; it awaits the word of somebody else."""


@fact("claim.approved.v1")
class ClaimApproved(ClaimFact):
    """A claim was granted; its money is to be paid."""


@fact("claim.rejected.v1")
class ClaimRejected(ClaimFact):
    """A claim was refused; its amount may be asked for again."""


@fact("claim.withdrawn.v1")
class ClaimWithdrawn(ClaimFact):
    """Who had made a claim took it back before it was decided; its amount may be asked for again."""


@fact("claim.paid.v1")
class ClaimPaid(ClaimFact):
    """The money of a claim went to the player."""
