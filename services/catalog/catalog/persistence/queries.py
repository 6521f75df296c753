"""Reads: the lists of items, suppliers, packs and rules, price histories, revisions, and what judging a pack needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, text

from catalog.domain.discount_rule import DiscountRule
from catalog.domain.item import Item, PriceChange
from catalog.domain.pack import Pack, PackRevision
from catalog.domain.pricing import Rule
from catalog.domain.supplier import Supplier
from chassis.data.numbers import plain_number
from chassis.data.pagination import Page, Sort, paginate
from chassis.data.search import escaped_like, folded, query_grams
from chassis.data.unit_of_work import UnitOfWork

ITEM_SORTS = {
    "created_at": Sort(Item.created_at, "created_at"),
    "name": Sort(Item.name, "name"),
    "price": Sort(Item.price, "price"),
}
PACK_SORTS = {
    "created_at": Sort(Pack.created_at, "created_at"),
    "name": Sort(Pack.name, "name"),
    "price": Sort(Pack.price, "price"),
}
SUPPLIER_SORTS = {
    "created_at": Sort(Supplier.created_at, "created_at"),
    "name": Sort(Supplier.name, "name"),
}
RULE_SORTS = {"created_at": Sort(DiscountRule.created_at, "created_at")}
HISTORY_SORTS = {"at": Sort(PriceChange.at, "at")}
REVISION_SORTS = {"revision": Sort(PackRevision.revision, "revision")}
_PACK_EQUAL = ("player_id", "campaign_id", "created_by")


def find_items(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of items, filtered as the query says."""
    statement = uow.select(Item).select_from(Item)
    if query.get("category"):
        statement = statement.where(Item.category == query["category"])
    if query.get("state"):
        statement = statement.where(Item.state.in_(query["state"]))
    if query.get("supplier_id"):
        statement = statement.where(Item.supplier_id == query["supplier_id"])
    if query.get("conflict") is not None:
        statement = statement.where(Item.conflict_at.is_not(None) == query["conflict"])
    if query.get("q"):
        by_game_id = Item.game_item_id.like(escaped_like(query["q"]) + "%")
        statement = statement.where(_named(Item, query["q"], "I", by_game_id))
    return paginate(uow.session, statement, sorts=ITEM_SORTS, id_column=Item.id, query=query)


def find_suppliers(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of suppliers; nobody is found by the digits of a contact, as it is shown only masked."""
    statement = uow.select(Supplier).select_from(Supplier)
    if q := query.get("q"):
        by_code = func.lower(Supplier.code).like(escaped_like(q.lower()) + "%")
        by_initials = Supplier.initials.like(escaped_like(folded(q)) + "%")
        statement = statement.where(or_(Supplier.grams.contains(query_grams(q)), by_initials, by_code))
    return paginate(uow.session, statement, sorts=SUPPLIER_SORTS, id_column=Supplier.id, query=query)


def items_of_supplier(uow: UnitOfWork, supplier_id: str) -> int:
    """How many items have this supplier, the withdrawn ones too."""
    return uow.session.scalar(select(func.count()).where(Item.supplier_id == supplier_id)) or 0


def hold_supplier(uow: UnitOfWork, supplier_id: str) -> bool:
    """Whether the supplier is there; until the end of the transaction nobody removes it."""
    statement = select(Supplier.id).where(Supplier.id == supplier_id).with_for_update(key_share=True, read=True)
    return uow.session.scalar(statement) is not None


def buyer_of(uow: UnitOfWork, item_id: str) -> str | None:
    """Who buys an item; None also where there is no such item."""
    return uow.session.scalar(select(Item.buyer).where(Item.id == item_id))


def find_packs(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of packs, filtered as the query says."""
    statement = uow.select(Pack).select_from(Pack)
    for name in _PACK_EQUAL:
        if query.get(name) is not None:
            statement = statement.where(getattr(Pack, name) == query[name])
    if query.get("no"):
        statement = statement.where(Pack.no == query["no"].upper())
    if query.get("state"):
        statement = statement.where(Pack.state.in_(query["state"]))
    if query.get("item_id"):
        statement = statement.where(Pack.item_ids.contains([query["item_id"]]))
    if query.get("q"):
        statement = statement.where(_named(Pack, query["q"], "P"))
    return paginate(uow.session, statement, sorts=PACK_SORTS, id_column=Pack.id, query=query)


def _named(kind: type[Item] | type[Pack], q: str, prefix: str, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """A number as far as it is typed, with or without its letter; else a part of the name, or its pinyin initials."""
    typed = re.fullmatch(rf"(?i:{prefix})?(\d{{1,8}})", q, re.ASCII)
    if typed and not q.isdigit():
        return kind.no.like(f"{prefix}{typed[1]}%")
    by_name = kind.grams.contains(query_grams(q))
    by_initials = kind.initials.like(escaped_like(folded(q)) + "%")
    by_number = [kind.no.like(f"{prefix}{typed[1]}%")] if typed else []
    return or_(by_name, by_initials, *by_number, *more)


def find_rules(uow: UnitOfWork, query: Mapping[str, Any]) -> Page:
    """One page of discount rules."""
    statement = uow.select(DiscountRule).select_from(DiscountRule)
    if query.get("active") is not None:
        statement = statement.where(DiscountRule.active == query["active"])
    return paginate(uow.session, statement, sorts=RULE_SORTS, id_column=DiscountRule.id, query=query)


def price_history(uow: UnitOfWork, item_id: str, query: Mapping[str, Any]) -> Page:
    """One page of an item's price changes. Raises NotFound."""
    uow.get(Item, item_id)
    statement = select(PriceChange).where(PriceChange.item_id == item_id)
    return paginate(uow.session, statement, sorts=HISTORY_SORTS, id_column=PriceChange.id, query=query)


def revisions(uow: UnitOfWork, pack_id: str, query: Mapping[str, Any]) -> Page:
    """One page of what a pack was when it was on sale. Raises NotFound."""
    uow.get(Pack, pack_id)
    statement = select(PackRevision).where(PackRevision.pack_id == pack_id)
    return paginate(uow.session, statement, sorts=REVISION_SORTS, id_column=PackRevision.id, query=query)


def player_of(uow: UnitOfWork, pack_id: str) -> str | None:
    """For whom a pack is made; None also where there is no such pack."""
    return uow.session.scalar(select(Pack.player_id).where(Pack.id == pack_id, uow.visible(Pack)))


def items_by_id(uow: UnitOfWork, item_ids: Collection[str]) -> dict[str, Item]:
    """The items that are there, by ID."""
    return {item.id: item for item in uow.session.scalars(uow.select(Item).where(Item.id.in_(item_ids)))}


def all_items_locked(uow: UnitOfWork) -> dict[str, Item]:
    """Every item by the game's ID, locked in the order of their own IDs, so that nobody's edit is written over."""
    statement = select(Item).order_by(Item.id).with_for_update()
    return {item.game_item_id: item for item in uow.session.scalars(statement)}


def rules_in_force(uow: UnitOfWork) -> list[Rule]:
    """The discount rules that judge."""
    active = select(DiscountRule).where(DiscountRule.active).order_by(DiscountRule.created_at)
    return [rule.as_rule() for rule in uow.session.scalars(active)]


def next_item_nos(uow: UnitOfWork, count: int) -> list[str]:
    """I1001, I1002, …: as many as a sync adds, in one statement."""
    drawn = text("SELECT nextval('i_numbers') FROM generate_series(1, :count)")
    return [f"I{value}" for value in uow.session.scalars(drawn, {"count": count})]


def next_pack_no(uow: UnitOfWork) -> str:
    """P1001, P1002, …"""
    return plain_number(uow.session, "P")


def next_rule_code(uow: UnitOfWork) -> str:
    """D-01, D-02, …"""
    number = uow.session.scalar(text("SELECT nextval('d_numbers')"))
    return f"D-{number:02d}"
