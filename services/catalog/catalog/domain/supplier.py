"""A supplier: from whom items are bought, and whom one speaks to there (C7 to C10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from catalog.domain.base import Base
from catalog.domain.events import SupplierChanged
from chassis.data.database import Record
from chassis.data.search import grams, initials


class Supplier(Record, Base):
    """One supplier; `contact` is personal data: shown whole only to who may write suppliers, told only masked."""

    __tablename__ = "suppliers"

    name: Mapped[str] = mapped_column(String(100))
    code: Mapped[str | None] = mapped_column(String(32))
    contact: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    grams: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    initials: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("uq_suppliers_code", func.lower(text("code")), unique=True),
        Index("ix_suppliers_created_at", "created_at", "id"),
        Index("ix_suppliers_name", "name", "id"),
        Index("ix_suppliers_grams", "grams", postgresql_using="gin"),
        Index("ix_suppliers_initials", "initials", postgresql_ops={"initials": "text_pattern_ops"}),
    )

    def make(self, fields: Mapping[str, Any], at: datetime) -> list[SupplierChanged]:
        """Be written down at `at` (UTC) with a `name` and perhaps `code`, `contact` and `note`."""
        usual = {"code": None, "contact": "", "note": ""}
        self.version, self.created_at, self.updated_at = 1, at, at
        self._take({**usual, **fields})
        return [SupplierChanged.of(self, *fields)]

    def edit(self, fields: Mapping[str, Any], at: datetime) -> list[SupplierChanged]:
        """Change some fields."""
        changed = {name: value for name, value in fields.items() if getattr(self, name) != value}
        if not changed:
            return []
        self._take(changed)
        self.changed(at)
        return [SupplierChanged.of(self, *changed)]

    def leave(self, at: datetime) -> list[SupplierChanged]:
        """Be removed."""
        self.changed(at)
        return [SupplierChanged.of(self, removed=True)]

    def _take(self, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            setattr(self, name, value)
        self.grams, self.initials = grams(self.name), "".join(initials(self.name))
