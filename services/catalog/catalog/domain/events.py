"""The facts of items, suppliers, packs and discount rules, each carrying the whole state after the change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from chassis.facts.event import Event, fact
from chassis.money import Money

if TYPE_CHECKING:
    from catalog.domain.discount_rule import DiscountRule
    from catalog.domain.item import Item
    from catalog.domain.pack import Pack
    from catalog.domain.supplier import Supplier


def money(amount: Decimal | None) -> Money | None:
    """The amount as money, or None."""
    return None if amount is None else Money(amount)


@dataclass(frozen=True)
class ConflictState:
    """The game changed a list price under an adjustment, and nobody has decided yet."""

    list_price_before: Money
    list_price_now: Money
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ItemFact(Event):
    """The state of an item after a change."""

    no: str
    game_item_id: str
    name: str
    category: str
    list_price: Money
    adjusted_price: Money | None
    price: Money
    attributes: dict[str, Any]
    icon_url: str | None
    state: str
    conflict: ConflictState | None
    note: str
    supplier_id: str | None = None
    buyer: str | None = None

    @classmethod
    def of(cls, item: Item, *changed: str) -> Self:
        """The fact that this item is now as it is."""
        return cls(
            subject=item.id,
            entity_version=item.version,
            occurred_at=item.updated_at,
            changed=changed,
            **item_state(item),
        )


def item_state(item: Item) -> dict[str, Any]:
    """The data fields of an item's facts, the texts as they are."""
    plain = (
        "no",
        "game_item_id",
        "name",
        "category",
        "attributes",
        "icon_url",
        "state",
        "note",
        "supplier_id",
        "buyer",
    )
    prices = {name: money(getattr(item, name)) for name in ("list_price", "adjusted_price", "price")}
    conflict = None
    if item.conflict_at is not None and item.conflict_price is not None:
        conflict = ConflictState(Money(item.conflict_price), Money(item.list_price), item.conflict_at)
    state = {name: getattr(item, name) for name in plain}
    return {**state, **prices, "conflict": conflict}


@fact("item.added.v1")
class ItemAdded(ItemFact):
    """An item came onto the game's price list."""


@fact("item.updated.v1")
class ItemUpdated(ItemFact):
    """An item's data, price, supplier or buyer changed, it was adjusted, or it is on sale again."""


@fact("item.withdrawn.v1")
class ItemWithdrawn(ItemFact):
    """An item left the game's price list."""


@fact("supplier.changed.v1")
@dataclass(frozen=True, kw_only=True)
class SupplierChanged(Event):
    """A supplier was made, changed or removed."""

    name: str
    code: str | None
    contact: str
    note: str
    removed: bool = False

    @classmethod
    def of(cls, supplier: Supplier, *changed: str, removed: bool = False) -> Self:
        """The fact that this supplier is now as it is."""
        return cls(
            subject=supplier.id,
            entity_version=supplier.version,
            occurred_at=supplier.updated_at,
            changed=changed,
            removed=removed,
            **{name: getattr(supplier, name) for name in ("name", "code", "contact", "note")},
        )


_PACK = (
    "no", "revision", "name", "state", "player_id", "campaign_id", "valid_until", "note", "created_by", "approved_by",
)  # fmt: skip


@dataclass(frozen=True)
class LineState:
    """One line of a pack."""

    item_id: str
    no: str
    name: str
    category: str
    quantity: int
    unit_price: Money
    subtotal: Money


@dataclass(frozen=True, kw_only=True)
class PackFact(Event):
    """The state of a pack after a change; `discount` is a fraction off `sum`, four places."""

    no: str
    revision: int
    name: str
    lines: tuple[LineState, ...]
    sum: Money
    price: Money
    discount: Decimal
    state: str
    player_id: str | None
    campaign_id: str | None
    valid_until: datetime | None
    note: str
    created_by: str
    approved_by: str | None

    @classmethod
    def of(cls, pack: Pack, *changed: str) -> Self:
        """The fact that this pack is now as it is."""
        return cls(
            subject=pack.id,
            entity_version=pack.version,
            occurred_at=pack.updated_at,
            changed=changed,
            **pack_state(pack),
        )


def pack_state(pack: Pack) -> dict[str, Any]:
    """The data fields of a pack's facts, the texts as they are."""
    prices = {"sum": Money(pack.sum), "price": Money(pack.price), "discount": pack.discount}
    return {**{name: getattr(pack, name) for name in _PACK}, **prices, "lines": tuple(_lines(pack.lines))}


def _lines(lines: Iterable[dict[str, Any]]) -> Iterable[LineState]:
    for line in lines:
        prices = {name: Money(Decimal(line[name]["amount"])) for name in ("unit_price", "subtotal")}
        yield LineState(**{**line, **prices})


@fact("pack.drafted.v1")
class PackDrafted(PackFact):
    """A pack was drafted, changed, or awaits approval: it is not on sale."""


@fact("pack.published.v1")
class PackPublished(PackFact):
    """A revision of a pack went on sale; it never changes again."""


@fact("pack.withdrawn.v1")
class PackWithdrawn(PackFact):
    """A pack was taken off sale, or given up."""


@fact("discount_rule.changed.v1")
@dataclass(frozen=True, kw_only=True)
class DiscountRuleChanged(Event):
    """A discount rule was made or changed; limits are fractions off the sum."""

    code: str
    name: str
    kind: str
    free_limit: Decimal | None
    approval_limit: Decimal | None
    min_price: Money | None
    active: bool

    @classmethod
    def of(cls, rule: DiscountRule, *changed: str) -> Self:
        """The fact that this rule is now as it is."""
        state = {name: getattr(rule, name) for name in ("code", "name", "kind", "active")}
        limits = {name: getattr(rule, name) for name in ("free_limit", "approval_limit")}
        return cls(
            subject=rule.id,
            entity_version=rule.version,
            occurred_at=rule.updated_at,
            changed=changed,
            min_price=money(rule.min_price),
            **state,
            **limits,
        )


def differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """The names whose values differ."""
    return tuple(name for name, value in after.items() if before[name] != value)
