"""An item of the game: its prices, the conflict between them, and who supplies and buys it (C1, C2, C7 to C10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.domain.base import Base
from catalog.domain.codes import LIST, ON_SALE, WITHDRAWN
from catalog.domain.errors import NoConflict
from catalog.domain.events import ItemAdded, ItemFact, ItemUpdated, ItemWithdrawn, differing, item_state
from catalog.domain.price_list import ListedItem
from catalog.domain.supplier import Supplier
from chassis.data.database import Id, Instant, Record
from chassis.data.search import grams, initials

Price = Numeric(12, 2)


class Item(Record, Base):
    """One item; `price` is the one in force: the adjusted price where there is one, else the list's."""

    __tablename__ = "items"

    no: Mapped[str] = mapped_column(String(16), unique=True)
    game_item_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    category: Mapped[str] = mapped_column(String(64))
    list_price: Mapped[Decimal] = mapped_column(Price)
    adjusted_price: Mapped[Decimal | None] = mapped_column(Price)
    price: Mapped[Decimal] = mapped_column(Price)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    icon_url: Mapped[str | None] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(16), default=ON_SALE)
    conflict_price: Mapped[Decimal | None] = mapped_column(Price, comment="the list price the adjustment was made to")
    conflict_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(Text, default="")
    supplier_id: Mapped[str | None] = mapped_column(Id, ForeignKey("suppliers.id"))
    buyer: Mapped[str | None] = mapped_column(Id)  # a member of staff
    grams: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    initials: Mapped[str] = mapped_column(Text, default="")

    supplier: Mapped[Supplier | None] = relationship(lazy="selectin", viewonly=True)

    __table_args__ = (
        Index("ix_items_supplier_id_created_at", "supplier_id", "created_at", "id"),
        Index("ix_items_created_at", "created_at", "id"),
        Index("ix_items_name", "name", "id"),
        Index("ix_items_price", "price", "id"),
        Index("ix_items_category_name", "category", "name", "id"),
        Index("ix_items_conflict_at", "conflict_at", "id", postgresql_where=text("conflict_at IS NOT NULL")),
        Index("ix_items_grams", "grams", postgresql_using="gin"),
        Index("ix_items_initials", "initials", postgresql_ops={"initials": "text_pattern_ops"}),
        Index("ix_items_no_prefix", "no", postgresql_ops={"no": "text_pattern_ops"}),
        Index("ix_items_game_item_id_prefix", "game_item_id", postgresql_ops={"game_item_id": "text_pattern_ops"}),
    )

    def add(self, listed: ListedItem, at: datetime) -> list[ItemFact]:
        """Come into the catalog from the price list; `at` is UTC."""
        self.version, self.created_at, self.updated_at = 1, at, at
        self.game_item_id, self.adjusted_price, self.note = listed.game_item_id, None, ""
        self.supplier_id = self.buyer = None
        self.conflict_price = self.conflict_at = None
        self._take(listed)
        return [ItemAdded.of(self)]

    def take_over(self, listed: ListedItem, at: datetime) -> list[ItemFact]:
        """Be as the list says. An adjustment is never overwritten: where its list price moves, a conflict is kept."""
        before, list_price_before = item_state(self), self.list_price
        self._take(listed)
        if self.list_price != list_price_before:
            self._weigh(list_price_before, at)
        return self._told(before, at)

    def leave(self, at: datetime) -> list[ItemFact]:
        """Be withdrawn, because the list no longer has it; nothing where it already is."""
        before = item_state(self)
        self.state = WITHDRAWN
        return self._told(before, at)

    def adjust(self, fields: Mapping[str, Any], at: datetime) -> list[ItemFact]:
        """Take an `adjusted_price` (Decimal, or None for the list's), a `note`, a `supplier_id` and a `buyer` (or None).

        A new price settles a conflict.
        """
        before = item_state(self)
        if "adjusted_price" in fields:
            self.adjusted_price = fields["adjusted_price"]
            self._settle()
        for name in ("note", "supplier_id", "buyer"):
            setattr(self, name, fields.get(name, getattr(self, name)))
        return self._told(before, at)

    def resolve(self, keep: str, at: datetime) -> list[ItemFact]:
        """Settle a conflict: keep the adjusted price or take the list's. Raises NoConflict."""
        if self.conflict_at is None:
            raise NoConflict()
        before = item_state(self)
        if keep == LIST:
            self.adjusted_price = None
        self._settle()
        return self._told(before, at)

    def _take(self, listed: ListedItem) -> None:
        self.name, self.category, self.list_price = listed.name, listed.category, listed.price
        self.attributes, self.icon_url = listed.attributes, listed.icon_url
        self.state = ON_SALE if listed.on_sale else WITHDRAWN
        self.grams, self.initials = grams(self.name), "".join(initials(self.name))
        self._reckon()

    def _weigh(self, list_price_before: Decimal, at: datetime) -> None:
        """A list price that came back to where the adjustment was made, or to the adjustment, leaves no question."""
        made_to = list_price_before if self.conflict_price is None else self.conflict_price
        if self.adjusted_price is None or self.list_price in (made_to, self.adjusted_price):
            self._settle()
        else:
            self.conflict_price, self.conflict_at = made_to, at

    def _settle(self) -> None:
        self.conflict_price = self.conflict_at = None
        self._reckon()

    def _reckon(self) -> None:
        self.price = self.list_price if self.adjusted_price is None else self.adjusted_price

    def _told(self, before: dict[str, Any], at: datetime) -> list[ItemFact]:
        changed = differing(before, item_state(self))
        if not changed:
            return []
        self.changed(at)
        gone = "state" in changed and self.state == WITHDRAWN
        return [(ItemWithdrawn if gone else ItemUpdated).of(self, *changed)]


class PriceChange(Base):
    """One line of an item's price history: which price, from what to what, when and by whom (C10)."""

    __tablename__ = "price_changes"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    item_id: Mapped[str] = mapped_column(Id, ForeignKey("items.id"))
    kind: Mapped[str] = mapped_column(String(16))
    before: Mapped[Decimal | None] = mapped_column(Price)
    after: Mapped[Decimal | None] = mapped_column(Price)
    cause: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_price_changes_item_id_at", "item_id", "at", "id"),)
