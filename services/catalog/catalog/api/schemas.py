"""The form of items, suppliers, packs and discount rules as they come in."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, validates_schema

from catalog.api import words  # noqa: F401 (the words of our codes)
from catalog.domain.codes import ITEM_STATES, MOST_LINES, MOST_OF_ONE, PACK_STATES, PRICE_KINDS, RULE_KINDS
from chassis.http.fields import (
    Body,
    Choice,
    Choices,
    Flag,
    Fraction,
    Id,
    ListOf,
    Moment,
    MoneyField,
    Part,
    Text,
    Whole,
    list_query,
)


class ItemEdit(Body):
    """An adjusted price, or null for the list's; a note; a supplier and the member of staff who buys it, or null."""

    sets: ClassVar[str] = "item"
    adjusted_price = MoneyField(allow_none=True)
    note = Text(2000)
    supplier_id = Id(allow_none=True)
    buyer = Id(allow_none=True)


class Resolution(Body):
    """Which of the two prices stays."""

    keep = Choice(sorted(PRICE_KINDS), required=True)


class ItemQuery(list_query(("created_at", "name", "price"), default="-created_at")):  # type: ignore[misc]
    """The filters of the items."""

    q = Text(100, handle=True)
    category = Text(64)
    state = Choices(ITEM_STATES)
    conflict = Flag(text=True)
    supplier_id = Id()


class HistoryQuery(list_query(("at",), default="-at")):  # type: ignore[misc]
    """The order of a price history."""


class SupplierEdit(Body):
    """The fields of a supplier; code is null where it has none."""

    name = Text(100, min_length=1)
    code = Text(32, min_length=1, handle=True, allow_none=True)
    contact = Text(200)
    note = Text(2000)


class NewSupplier(SupplierEdit):
    """A supplier to be written down."""

    name = Text(100, min_length=1, required=True)


class SupplierQuery(list_query(("created_at", "name"), default="name")):  # type: ignore[misc]
    """The filters of the suppliers: a part of the name, its pinyin initials, or the code as far as it is typed."""

    q = Text(100, handle=True)


class WantedLine(Body):
    """So many of one item."""

    item_id = Id(required=True)
    quantity = Whole(1, MOST_OF_ONE, required=True)


class PackFields(Body):
    """What drafting, previewing and changing a pack have alike."""

    sets: ClassVar[str] = "pack"
    lines = ListOf(Part(WantedLine), least=1, most=MOST_LINES)
    price = MoneyField(least="0.01")
    discount = Fraction()
    player_id = Id(allow_none=True)
    campaign_id = Id(allow_none=True)
    valid_until = Moment(allow_none=True)
    note = Text(2000)


class PackPreview(PackFields):
    """A pack as far as it is typed: lines, and a price or a discount."""

    name = Text(100)
    lines = ListOf(Part(WantedLine), least=1, most=MOST_LINES, required=True)

    @validates_schema
    def _one_price(self, data: dict[str, Any], **_: Any) -> None:
        if ("price" in data) == ("discount" in data):
            raise ValidationError("one_of:price discount")


class NewPack(PackPreview):
    """A pack to be drafted."""

    name = Text(100, min_length=1, required=True)


class PackEdit(PackFields):
    """The fields of a pack that may be changed; its state has its own ways."""

    name = Text(100, min_length=1)

    @validates_schema
    def _one_price(self, data: dict[str, Any], **_: Any) -> None:
        if "price" in data and "discount" in data:
            raise ValidationError("not_together:price discount")


class PackQuery(list_query(("created_at", "name", "price"), default="-created_at")):  # type: ignore[misc]
    """The filters of the packs."""

    q = Text(100, handle=True)
    no = Text(16, handle=True)
    state = Choices(PACK_STATES)
    player_id = Id()
    campaign_id = Id()
    item_id = Id()
    created_by = Text(64, handle=True)


class RevisionQuery(list_query(("revision",), default="-revision")):  # type: ignore[misc]
    """The order of a pack's revisions."""


class RuleFields(Body):
    """The fields of a discount rule, without its kind; limits are fractions off the sum."""

    name = Text(100, min_length=1)
    free_limit = Fraction(allow_none=True)
    approval_limit = Fraction(allow_none=True)
    min_price = MoneyField(least="0.01", allow_none=True)
    active = Flag()


class NewRule(RuleFields):
    """A rule to be made: max_discount with free_limit and perhaps approval_limit, or min_price with min_price."""

    name = Text(100, min_length=1, required=True)
    kind = Choice(RULE_KINDS, required=True)


class RuleEdit(RuleFields):
    """The fields that may be changed."""


class RuleQuery(list_query(("created_at",), default="created_at")):  # type: ignore[misc]
    """The filters of the rules."""

    active = Flag(text=True)
