"""A discount rule as the company keeps it: made, changed, switched off; never removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.domain.base import Base
from catalog.domain.codes import MAX_DISCOUNT, MIN_PRICE
from catalog.domain.events import DiscountRuleChanged
from catalog.domain.pricing import Rule, fraction_text
from chassis.data.database import Record
from chassis.rules import WrongFields

Share = Numeric(7, 6)
_FIELDS = ("name", "free_limit", "approval_limit", "min_price", "active")
_NEEDED = {MAX_DISCOUNT: "free_limit", MIN_PRICE: "min_price"}
_FOREIGN = {MAX_DISCOUNT: ("min_price",), MIN_PRICE: ("free_limit", "approval_limit")}


class DiscountRule(Record, Base):
    """One rule; limits are fractions off the sum, `min_price` is CNY for one pack (C4)."""

    __tablename__ = "discount_rules"

    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(16))
    free_limit: Mapped[Decimal | None] = mapped_column(Share)
    approval_limit: Mapped[Decimal | None] = mapped_column(Share)
    min_price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (Index("ix_discount_rules_created_at", "created_at", "id"),)

    def make(self, at: datetime) -> list[DiscountRuleChanged]:
        """Come into force at `at` (UTC), unless it is not active. Raises WrongFields."""
        self.check()
        self.version, self.created_at, self.updated_at = 1, at, at
        return [DiscountRuleChanged.of(self, "kind", *_FIELDS)]

    def edit(self, fields: Mapping[str, Any], at: datetime) -> list[DiscountRuleChanged]:
        """Change some fields. Packs that are on sale stay as they are. Raises WrongFields."""
        changed = [name for name, value in fields.items() if getattr(self, name) != value]
        for name in changed:
            setattr(self, name, fields[name])
        self.check()
        if not changed:
            return []
        self.changed(at)
        return [DiscountRuleChanged.of(self, *changed)]

    def as_rule(self) -> Rule:
        """The rule as it judges."""
        return Rule(self.id, self.code, self.name, self.kind, self.free_limit, self.approval_limit, self.min_price)

    def check(self) -> None:
        """Each kind has its own fields, and what may be approved is no less than what is free. Raises WrongFields."""
        wrong = [(f"/{name}", f"not_together:kind={self.kind}") for name in _FOREIGN[self.kind] if self._has(name)]
        needed = _NEEDED[self.kind]
        if not self._has(needed):
            wrong.append((f"/{needed}", f"needed_with:kind={self.kind}"))
        elif self.approval_limit is not None and self.free_limit is not None and self.approval_limit < self.free_limit:
            wrong.append(("/approval_limit", f"out_of_range:{fraction_text(self.free_limit)}–1"))
        if wrong:
            raise WrongFields(wrong)

    def _has(self, name: str) -> bool:
        return getattr(self, name) is not None
