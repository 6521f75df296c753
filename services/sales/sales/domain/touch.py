"""A touch and its rules: a refusal has its reason, a sale has none, and the next one continues from it (S1, S2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.data.database import Id, Instant, Record
from chassis.rules import WrongFields
from sales.domain.base import Base
from sales.domain.codes import OTHER, REFUSED, SOLD
from sales.domain.copies import PackCopy, PlayerCopy
from sales.domain.errors import TouchHasOrder
from sales.domain.events import TouchLogged

if TYPE_CHECKING:
    from sales.domain.order import Order

GRACE = timedelta(minutes=1)  # clocks differ a little, and writing takes a moment
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
NEVER_SQL = "'9999-12-31 00:00:00+00'::timestamptz"
_FIXED_BY_ORDER = ("outcome", "lost_reason", "pack_no")


class Touch(Record, Base):
    """One sales contact and its outcome; the pack's number, name and price are those of that moment."""

    __tablename__ = "touches"

    player_id: Mapped[str] = mapped_column(Id, ForeignKey("player_copies.id"))
    staff_id: Mapped[str | None] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(32))
    lost_reason: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, default="")
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    pack_no: Mapped[str | None] = mapped_column(String(32))
    pack_name: Mapped[str | None] = mapped_column(Text)
    pack_price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    order_id: Mapped[str | None] = mapped_column(Id)
    opportunity_id: Mapped[str | None] = mapped_column(Id)
    campaign_id: Mapped[str | None] = mapped_column(Id)

    player: Mapped[PlayerCopy] = relationship(lazy="joined", innerjoin=True, viewonly=True)

    __table_args__ = (
        Index("ix_touches_player_id_created_at", "player_id", "created_at", "id"),
        Index("ix_touches_staff_id_created_at", "staff_id", "created_at", "id"),
        Index("ix_touches_pack_no_created_at", "pack_no", "created_at", "id"),
        Index("ix_touches_created_at", "created_at", "id"),
        Index(
            "ix_touches_campaign_id_created_at",
            "campaign_id",
            "created_at",
            "id",
            postgresql_where=text("campaign_id IS NOT NULL"),
        ),
        Index("ix_touches_follow_up", text(f"coalesce(next_at, {NEVER_SQL})"), "id"),
        Index("ix_touches_staff_id_next_at", "staff_id", "next_at", postgresql_where=text("next_at IS NOT NULL")),
    )

    @property
    def at(self) -> datetime:
        """When the contact was, UTC: the moment it was logged."""
        return self.created_at

    @property
    def follow_up_key(self) -> datetime:
        """The next date as lists sort by it: those without one come last."""
        return self.next_at or NEVER

    def concern(self, pack: PackCopy | None) -> None:
        """Copy the pack's number, name and price as they are now, or forget the pack."""
        self.pack_no = pack.no if pack else None
        self.pack_name = pack.name if pack else None
        self.pack_price = pack.price if pack else None
        self.currency = pack.currency if pack else "CNY"

    def log(self, *, at: datetime) -> list[TouchLogged]:
        """Say that the contact took place at `at` (UTC). Raises WrongFields."""
        if self.next_at is not None and self.next_at < at - GRACE:
            raise WrongFields([("/next_at", "in_the_past")])
        self._check()
        self.created_at = self.updated_at = at
        return [TouchLogged.of(self)]

    def change(self, fields: Mapping[str, Any], pack: PackCopy | None, *, at: datetime) -> list[TouchLogged]:
        """Change some fields; `pack` is the one that `pack_no` names. A sale loses its lost reason.

        Raises WrongFields, TouchHasOrder.
        """
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        if self.order_id is not None and set(changed) & set(_FIXED_BY_ORDER):
            raise TouchHasOrder()
        if not changed:
            return []
        for name in changed:
            setattr(self, name, fields[name])
        if "pack_no" in changed:
            self.concern(pack)
        if self.outcome == SOLD and "lost_reason" not in fields and self.lost_reason is not None:
            self.lost_reason = None
            changed.append("lost_reason")
        self._check()
        self.changed(at)
        return [TouchLogged.of(self, *changed)]

    def sell(self, order: Order, pack: PackCopy, *, at: datetime) -> list[TouchLogged]:
        """End in this order. Raises TouchHasOrder."""
        if self.order_id is not None:
            raise TouchHasOrder()
        self.outcome, self.lost_reason, self.order_id = SOLD, None, order.id
        self.campaign_id = self.campaign_id or order.campaign_id
        self.concern(pack)
        self.changed(at)
        return [TouchLogged.of(self, "outcome", "lost_reason", "pack_no", "order_id")]

    def _check(self) -> None:
        if self.outcome == REFUSED and self.lost_reason is None:
            raise WrongFields([("/lost_reason", f"needed_with:{REFUSED}")])
        if self.outcome == SOLD and self.lost_reason is not None:
            raise WrongFields([("/lost_reason", "not_together:outcome=sold lost_reason")])
        if self.lost_reason == OTHER and not self.note.strip():
            raise WrongFields([("/note", f"needed_with:lost_reason={OTHER}")])
