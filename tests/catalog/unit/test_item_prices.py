"""An item's three prices, and the conflict between the list and an adjustment (C1, C2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from catalog.domain.errors import NoConflict
from catalog.domain.events import ItemAdded, ItemUpdated, ItemWithdrawn
from catalog.domain.item import Item
from tests.catalog.shop import listed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEN = listed("g1", "10.00")


def an_item(adjusted: str | None = None) -> Item:
    item = Item(id="i", no="I1001")
    (added,) = item.add(TEN, NOON)
    assert isinstance(added, ItemAdded)
    if adjusted is not None:
        item.adjust({"adjusted_price": Decimal(adjusted)}, NOON)
    return item


def test_the_adjusted_price_is_the_one_in_force():
    assert an_item().price == Decimal("10.00")
    assert an_item("8.00").price == Decimal("8.00")


def test_the_same_list_again_changes_nothing():
    item = an_item("8.00")
    assert item.take_over(TEN, NOON) == []
    assert item.version == 2


def test_a_new_list_price_is_in_force_where_there_is_no_adjustment():
    item = an_item()
    (fact,) = item.take_over(replace(TEN, price=Decimal("12.00")), NOON)
    assert (item.price, item.conflict_at) == (Decimal("12.00"), None)
    assert isinstance(fact, ItemUpdated)
    assert fact.changed == ("list_price", "price")


def test_a_new_list_price_leaves_an_adjustment_and_is_a_conflict():
    item = an_item("8.00")
    (fact,) = item.take_over(replace(TEN, price=Decimal("12.00")), NOON)
    assert (item.price, item.conflict_price, item.conflict_at) == (Decimal("8.00"), Decimal("10.00"), NOON)
    assert fact.changed == ("list_price", "conflict")


def test_a_second_change_keeps_the_price_the_adjustment_was_made_to():
    item = an_item("8.00")
    for price in ("12.00", "13.00"):
        item.take_over(replace(TEN, price=Decimal(price)), NOON)
    assert item.conflict_price == Decimal("10.00")


@pytest.mark.parametrize("price", ["10.00", "8.00"])
def test_a_list_price_that_comes_back_or_comes_to_the_adjustment_leaves_no_conflict(price):
    item = an_item("8.00")
    item.take_over(replace(TEN, price=Decimal("12.00")), NOON)
    item.take_over(replace(TEN, price=Decimal(price)), NOON)
    assert (item.conflict_at, item.price) == (None, Decimal("8.00"))


@pytest.mark.parametrize(("keep", "price"), [("adjusted", "8.00"), ("list", "12.00")])
def test_a_conflict_is_settled_either_way(keep, price):
    item = an_item("8.00")
    item.take_over(replace(TEN, price=Decimal("12.00")), NOON)
    item.resolve(keep, NOON)
    assert (item.price, item.conflict_at) == (Decimal(price), None)


def test_adjusting_anew_settles_a_conflict_even_with_the_same_price():
    item = an_item("8.00")
    item.take_over(replace(TEN, price=Decimal("12.00")), NOON)
    (fact,) = item.adjust({"adjusted_price": Decimal("8.00")}, NOON)
    assert fact.changed == ("conflict",)


def test_a_note_does_not_settle_a_conflict():
    item = an_item("8.00")
    item.take_over(replace(TEN, price=Decimal("12.00")), NOON)
    item.adjust({"note": "问过策划"}, NOON)
    assert item.conflict_at == NOON


def test_without_a_conflict_there_is_nothing_to_settle():
    with pytest.raises(NoConflict):
        an_item("8.00").resolve("list", NOON)


def test_an_item_leaves_once_and_comes_back():
    item = an_item()
    (gone,) = item.leave(NOON)
    assert isinstance(gone, ItemWithdrawn)
    assert item.leave(NOON) == []
    (back,) = item.take_over(TEN, NOON)
    assert isinstance(back, ItemUpdated)
    assert (back.state, back.changed) == ("on_sale", ("state",))


def test_an_item_the_game_does_not_sell_is_withdrawn():
    item = an_item()
    (fact,) = item.take_over(replace(TEN, on_sale=False, price=Decimal("12.00")), NOON)
    assert isinstance(fact, ItemWithdrawn)
    assert set(fact.changed) == {"state", "list_price", "price"}


def test_another_phone_number_in_a_note_is_another_note_though_facts_mask_it_alike():
    item = an_item()
    (fact,) = item.adjust({"note": "给13800008000的"}, NOON)
    assert fact.changed == ("note",)
    assert item.adjust({"note": "给13800018000的"}, NOON)
