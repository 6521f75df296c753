"""What returns and claims have alike: money of one order, asked for by one and decided by another (S25 to S27)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from chassis.rules import RuleBroken
from sales.domain.codes import REQUESTED
from sales.domain.copies import PlayerCopy

if TYPE_CHECKING:
    from sales.domain.order import Order


class MoneyBack(Record):
    """The columns of a record by which money of an order goes back; `not_open` and `own` name its rules."""

    __tablename__: Any
    not_open: ClassVar[type[RuleBroken]]
    own: ClassVar[type[RuleBroken]]

    no: Mapped[str] = mapped_column(String(24), unique=True)
    order_id: Mapped[str] = mapped_column(Id, ForeignKey("orders.id"))
    order_no: Mapped[str] = mapped_column(String(24))
    player_id: Mapped[str] = mapped_column(Id, ForeignKey("player_copies.id"))
    staff_id: Mapped[str | None] = mapped_column(Id)
    pack_no: Mapped[str] = mapped_column(String(32))
    pack_name: Mapped[str] = mapped_column(Text)
    amount: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    currency: Mapped[str] = mapped_column(String(3))
    rule: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    requested_by: Mapped[str] = mapped_column(String(64))
    decision: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    method: Mapped[str | None] = mapped_column(String(32))
    external_no: Mapped[str | None] = mapped_column(String(64))

    @declared_attr
    def player(cls) -> Mapped[PlayerCopy]:  # noqa: N805
        """Whose order it is of."""
        return relationship(lazy="joined", innerjoin=True, viewonly=True)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        """Lists by order, player, agent and state, newest first; one movement of money outside is one here."""
        name = cls.__tablename__
        by = ("order_id", "player_id", "staff_id", "state")
        return (
            *(Index(f"ix_{name}_{first}_created_at", first, "created_at", "id") for first in by),
            Index(f"ix_{name}_created_at", "created_at", "id"),
            UniqueConstraint("method", "external_no", name=once_outside(name)),
            CheckConstraint("amount > 0", name="amount_positive"),
        )

    @classmethod
    def of_order(cls, order: Order) -> dict[str, Any]:
        """The fields that are copied from the order."""
        names = ("player_id", "staff_id", "pack_no", "pack_name", "currency")
        return {"order_id": order.id, "order_no": order.no, **{name: getattr(order, name) for name in names}}

    @property
    def requested_at(self) -> datetime:
        """When it was asked for, UTC."""
        return self.created_at

    def _open(self, at: datetime) -> None:
        self.state, self.created_at, self.updated_at = REQUESTED, at, at

    def _must_be_others(self, order: Order, by: str) -> None:
        """Who asked for it or sold the order never grants it."""
        if by in (self.requested_by, order.placed_by, order.staff_id):
            raise self.own()

    def _decide(self, target: str, reason: str | None, *, by: str, at: datetime) -> None:
        if self.state != REQUESTED:
            raise self.not_open()
        self.state, self.decision, self.decided_by, self.decided_at = target, reason, by, at
        self.changed(at)


def once_outside(table: str) -> str:
    """The name of the constraint by which a number outside is known once."""
    return f"uq_{table}_method_external_no"
