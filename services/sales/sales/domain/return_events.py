"""The facts of returns, each carrying the whole state after the change, and the order's sums after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from chassis.facts.event import fact
from sales.domain.money_back_events import MoneyBackFact

if TYPE_CHECKING:
    from sales.domain.returns import Return


@dataclass(frozen=True)
class ReturnLine:
    """One item that comes back, and how many of it in all."""

    item_id: str
    no: str
    name: str
    quantity: int

    @classmethod
    def of(cls, line: Mapping[str, Any]) -> Self:
        """A line as the return keeps it."""
        return cls(line["item_id"], line["no"], line["name"], line["quantity"])


@dataclass(frozen=True, kw_only=True)
class ReturnFact(MoneyBackFact):
    """The state of a return after a change: `amount` is its own, `paid_total` and `refunded_total` are the order's."""

    lines: tuple[ReturnLine, ...]
    refunded_by: str | None
    refunded_at: datetime | None

    own: ClassVar[tuple[str, ...]] = ("refunded_by", "refunded_at")

    @classmethod
    def further(cls, found: Return) -> dict[str, Any]:
        """Its lines."""
        return {"lines": tuple(ReturnLine.of(line) for line in found.lines)}


@fact("return.requested.v1")
class ReturnRequested(ReturnFact):
    """A return was asked for; it awaits the word of somebody else."""


@fact("return.approved.v1")
class ReturnApproved(ReturnFact):
    """A return was granted; its money is to go back."""


@fact("return.rejected.v1")
class ReturnRejected(ReturnFact):
    """A return was refused; its amount may be asked for again."""


@fact("return.refunded.v1")
class ReturnRefunded(ReturnFact):
    """The money of a return went back to the player."""
