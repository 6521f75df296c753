"""What the facts of returns and claims have alike: the whole state after the change, and the order's sums after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from chassis.facts.event import Event
from chassis.money import Money

if TYPE_CHECKING:
    from sales.domain.money_back import MoneyBack
    from sales.domain.order import Order

_STATE = (
    "no", "order_id", "order_no", "player_id", "staff_id", "pack_no", "state", "rule", "requested_by", "requested_at",
    "reason", "decided_by", "decided_at", "decision", "method", "external_no",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MoneyBackFact(Event):
    """The state after a change: `amount` is its own, `paid_total` and `refunded_total` are the order's."""

    no: str
    order_id: str
    order_no: str
    order_version: int
    player_id: str
    staff_id: str | None
    pack_no: str
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
    paid_total: Money
    refunded_total: Money

    own: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def of(cls, found: MoneyBack, order: Order, *changed: str) -> Self:
        """The fact that this return or claim is now as it is."""
        return cls(
            subject=found.id,
            entity_version=found.version,
            occurred_at=found.updated_at,
            changed=tuple(changed),
            order_version=order.version,
            amount=Money(found.amount, found.currency),
            paid_total=Money(order.paid_total, order.currency),
            refunded_total=Money(order.refunded_total, order.currency),
            **{name: getattr(found, name) for name in (*_STATE, *cls.own)},
            **cls.further(found),
        )

    @classmethod
    def further(cls, found: Any) -> dict[str, Any]:
        """What this kind tells beside, in a form of its own."""
        return {}
