"""The game's price list is taken as the contract says, or refused whole."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.application.price_list import read_page
from catalog.domain.errors import GameServerUnavailable

ITEM = {
    "game_item_id": "100001",
    "name": "玄铁小袋",
    "price": "10.00",
    "currency": "CNY",
    "category": "材料",
    "attributes": {"count": 10},
    "on_sale": True,
    "icon_url": "/icons/100001.png",
}


def page(*items: Any, **more: Any) -> bytes:
    return json.dumps({"items": list(items), "next_cursor": None, **more}).encode()


def refusal(body: bytes) -> str:
    with pytest.raises(GameServerUnavailable) as refused:
        read_page(body)
    return refused.value.members["reason"]


def test_a_page_is_read():
    (item,), cursor = read_page(page(ITEM, next_cursor="100001"))
    assert (item.game_item_id, item.price, item.attributes, cursor) == (
        "100001",
        Decimal("10.00"),
        {"count": 10},
        "100001",
    )


@pytest.mark.parametrize(("price", "read"), [(12, "12.00"), (12.5, "12.50"), ("0", "0.00"), ("99999999.99",) * 2])
def test_a_price_may_be_text_or_a_number(price, read):
    (item,), _ = read_page(page({**ITEM, "price": price}))
    assert str(item.price) == read


@pytest.mark.parametrize(
    "price",
    ["-1.00", -1, -0.01, "1e3", 1e30, "100000000.00", "1.005", 1.005, "", "lots", None, True, [], "１２", "1.", " 1"],
)
def test_a_negative_or_absurd_price_is_refused(price):
    assert refusal(page({**ITEM, "price": price})) == "wrong_form"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("game_item_id", 17),
        ("game_item_id", ""),
        ("game_item_id", "x" * 65),
        ("name", "  "),
        ("name", "\x00"),
        ("name", ["?"]),
        ("currency", "USD"),
        ("currency", None),
        ("category", None),
        ("on_sale", "yes"),
        ("attributes", []),
        ("attributes", {"text": "x" * 5000}),
        ("attributes", {"text": "\x00"}),
        ("attributes", {"number": 2**70}),
        ("icon_url", "javascript:alert(1)"),
        ("icon_url", 'x" onerror="'),
    ],
)
def test_a_wrong_field_is_refused(name, value):
    assert refusal(page({**ITEM, name: value})) == "wrong_form"


@pytest.mark.parametrize("name", ["game_item_id", "name", "price", "currency", "category", "on_sale"])
def test_a_missing_field_is_refused(name):
    assert refusal(page({key: value for key, value in ITEM.items() if key != name})) == "wrong_form"


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"items": []}',
        b'{"items": {}, "next_cursor": null}',
        b'{"items": [], "next_cursor": 0}',
        b'{"items": [], "next_cursor": ""}',
    ],
)
def test_what_is_no_page_is_refused(body):
    assert refusal(body) == "wrong_form"


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b"[" * 100_000, b'{"a": NaN}', b'{"a": 1, "a": 2}'])
def test_what_is_no_json_is_refused(body):
    assert refusal(body) == "not_json"


def test_fields_we_do_not_know_are_the_games_own_affair():
    (item,), _ = read_page(page({**ITEM, "rarity": 5}, total=1))
    assert item.name == "玄铁小袋"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(ITEM)), anything)
def test_whatever_a_field_holds_it_is_read_or_refused_and_nothing_else(name, value):
    try:
        (item,), _ = read_page(page({**ITEM, name: value}))
    except GameServerUnavailable:
        return
    assert Decimal(0) <= item.price <= Decimal("99999999.99")
