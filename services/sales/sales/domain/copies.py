"""Copies of players, staff, packs and options, kept from their facts, so that a sale can be written and shown here alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Numeric, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.data.copies import PlayerCopyColumns, StaffCopyColumns
from chassis.data.database import Id, Instant
from chassis.data.options import OptionCopyColumns
from sales.domain.base import Base
from sales.domain.codes import PACK_ON_SALE
from sales.domain.errors import PackExpired, PackForOtherPlayer, PackNotOnSale


class PlayerCopy(PlayerCopyColumns, Base):
    """A player as last heard of."""

    __tablename__ = "player_copies"
    __table_args__ = (
        Index("ix_player_copies_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
    )


class StaffCopy(StaffCopyColumns, Base):
    """A member of staff as last heard of."""

    __tablename__ = "staff_copies"


class OptionCopy(OptionCopyColumns, Base):
    """An option of the company's own, or its words for a built-in code, as last heard of."""

    __tablename__ = "option_copies"


class PackCopy(Base):
    """A pack as last heard of; `lines` are its items with quantity and unit price."""

    __tablename__ = "pack_copies"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int]
    no: Mapped[str] = mapped_column(String(32), unique=True)
    revision: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    sum: Mapped[Decimal] = mapped_column(Numeric(16, 2))
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    currency: Mapped[str] = mapped_column(String(3))
    discount: Mapped[Decimal] = mapped_column(Numeric(12, 6))
    state: Mapped[str] = mapped_column(String(32))
    player_id: Mapped[str | None] = mapped_column(Id, index=True)
    valid_until: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_pack_copies_on_sale_price", "price", postgresql_where=text("state = 'on_sale'")),)

    def must_be_for_sale(self, players: Collection[str], at: datetime) -> None:
        """Raise PackNotOnSale, PackExpired or PackForOtherPlayer where the person with these IDs cannot buy it at `at`."""
        if self.state != PACK_ON_SALE:
            raise PackNotOnSale()
        if self.valid_until is not None and self.valid_until <= at:
            raise PackExpired()
        if self.player_id is not None and self.player_id not in players:
            raise PackForOtherPlayer()


class PackPrice(Base):
    """What a pack cost under one of its versions, from `at` on: as it was heard, and never changed afterwards."""

    __tablename__ = "pack_prices"

    pack_id: Mapped[str] = mapped_column(Id, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    no: Mapped[str] = mapped_column(String(32))
    price: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(32))
    player_id: Mapped[str | None] = mapped_column(Id)
    valid_until: Mapped[datetime | None] = mapped_column(Instant)
    at: Mapped[datetime] = mapped_column(Instant)


class PackSales(Base):
    """How often a best-selling pack was sold in the last 30 days; counted anew by a timer."""

    __tablename__ = "pack_sales"

    pack_no: Mapped[str] = mapped_column(String(32), primary_key=True)
    sold: Mapped[int]
    counted_at: Mapped[datetime] = mapped_column(Instant)
