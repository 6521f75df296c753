"""The facts of returns, each carrying the whole state after the change, and the order's sums after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from chassis.data.masking import mask_text
from chassis.facts.event import Event, fact
from chassis.money import Money

if TYPE_CHECKING:
    from sales.domain.order import Order
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


_STATE = (
    "no", "order_id", "order_no", "player_id", "staff_id", "pack_no", "state", "rule", "requested_by", "requested_at",
    "decided_by", "decided_at", "method", "external_no", "refunded_by", "refunded_at",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReturnFact(Event):
    """The state of a return after a change: `amount` is its own, `paid_total` and `refunded_total` are the order's."""

    no: str
    order_id: str
    order_no: str
    order_version: int
    player_id: str
    staff_id: str | None
    pack_no: str
    lines: tuple[ReturnLine, ...]
    amount: Money
    rule: str
    state: str
    reason: str
    requested_by: str
    requested_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    method: str | None
    external_no: str | None
    refunded_by: str | None
    refunded_at: datetime | None
    paid_total: Money
    refunded_total: Money

    @classmethod
    def of(cls, found: Return, order: Order, *changed: str) -> Self:
        """The fact that this return is now as it is."""
        return cls(
            subject=found.id,
            entity_version=found.version,
            occurred_at=found.updated_at,
            changed=tuple(changed),
            order_version=order.version,
            lines=tuple(ReturnLine.of(line) for line in found.lines),
            amount=Money(found.amount, found.currency),
            reason=mask_text(found.reason),
            decision=None if found.decision is None else mask_text(found.decision),
            paid_total=Money(order.paid_total, order.currency),
            refunded_total=Money(order.refunded_total, order.currency),
            **{name: getattr(found, name) for name in _STATE},
        )


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
